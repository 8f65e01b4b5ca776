import numpy as np
import pytest

from slipway_ml.contract.tensors import NUMPY_DTYPES
from slipway_training.data.tensors import take, to_frame, to_tensors
from tests.training.prepared import MODELS, prepared


@pytest.mark.parametrize("name", MODELS)
def test_tensors_have_the_names_types_and_shapes_of_the_signature(name: str) -> None:
    model = prepared(name)

    tensors = to_tensors(model.held_out.frame, model.signature)

    rows = len(model.held_out.target)
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()} == {
        wanted.name: (NUMPY_DTYPES[wanted.datatype], (rows, wanted.shape[1])) for wanted in model.signature.inputs
    }


def test_rows_become_a_frame_with_missing_cells_as_the_table_has_them() -> None:
    signature = prepared("titanic").signature
    row = {f.name: None if f.nullable else f.example for f in signature.features}

    frame = to_frame([row], signature)

    assert np.isnan(frame["age"][0])
    assert frame["deck"][0] == ""
    assert frame["alone"].to_numpy().dtype == np.float64
    assert frame["pclass"][0] == row["pclass"]


def test_some_rows_are_taken_from_every_tensor() -> None:
    tensors = {"a": np.arange(5), "b": np.arange(5) * 2}

    assert {name: part.tolist() for name, part in take(tensors, slice(1, 3)).items()} == {"a": [1, 2], "b": [2, 4]}
