from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.assembly import Assembly
from slipway_training.optimizer.narrowing import narrow_constants
from slipway_training.optimizer.passes import NothingToChange
from tests.strategies import MANY


def sum_with(row: NDArray[Any]) -> ModelProto:
    """`X` plus a constant row of float64."""
    assembly = Assembly()
    assembly.add("Add", ["X", assembly.constant(row.reshape(1, -1))], "Y")
    own = (-1, row.size)
    return assembly.model("sum", [TensorMetadata("X", Datatype.FP64, own)], [TensorMetadata("Y", Datatype.FP64, own)])


def stored(model: ModelProto) -> str:
    return str(numpy_helper.to_array(model.graph.initializer[0]).dtype)


PIXELS = np.arange(300.0) % 17


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (PIXELS, "uint8"),
        (PIXELS - 8, "int8"),
        (PIXELS * 1000, "int16"),
        (PIXELS * 4000, "uint16"),
        (PIXELS / 4, "float16"),
        (PIXELS * 100_000, "int32"),
        (PIXELS / 1024 + 4096, "float32"),
        (np.where(PIXELS == 0, -0.0, PIXELS), "float16"),
    ],
    ids=["bytes", "signs", "thousands", "more thousands", "quarters", "millions", "fine steps", "a zero with a sign"],
)
def test_constant_is_stored_in_the_narrowest_type_that_holds_it(row: NDArray[np.float64], kind: str) -> None:
    assert stored(narrow_constants(sum_with(row)).model) == kind


@MANY
@given(row=shapes.arrays(np.float64, 256, elements=st.integers(-300, 300).map(lambda n: n / 4), fill=st.nothing()))
def test_every_bit_of_every_answer_stays(row: NDArray[np.float64]) -> None:
    model = sum_with(row)
    rows = np.linspace(-1e3, 1e3, 512).reshape(2, 256)

    narrow = narrow_constants(model).model

    before, after = (OnnxSession(own.SerializeToString()).run({"X": rows})[0] for own in (model, narrow))
    assert before.tobytes() == after.tobytes()
    assert narrow.ByteSize() < 0.5 * model.ByteSize()


@pytest.mark.parametrize("odd", [0.1, np.inf, np.nan, 1e300])
def test_one_number_that_no_narrower_type_holds_keeps_the_constant_wide(odd: float) -> None:
    row = PIXELS.copy()
    row[7] = odd

    with pytest.raises(NothingToChange, match="no large constant has numbers that a narrower type would hold"):
        narrow_constants(sum_with(row))


def test_small_constant_is_not_worth_a_cast() -> None:
    with pytest.raises(NothingToChange):
        narrow_constants(sum_with(PIXELS[:20]))
