from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto
from sklearn.datasets import load_diabetes, load_iris
from sklearn.svm import SVC, SVR

from slipway_ml.contract.parity import Parity
from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import check_parity
from slipway_training.config.proof import ParityConfig
from slipway_training.optimizer.passes import NotApplicable, NothingToChange
from slipway_training.optimizer.vectors import merge_vectors
from slipway_training.parity import parity
from slipway_training.workflows.signature_inference import infer
from tests.training.prepared import prepared

Proof = Callable[[ModelProto], Parity]


def proved(machine: SVC | SVR, rows: Any, target: Any) -> tuple[ModelProto, Proof]:
    """The exported graph of a machine fitted on the rows, and the parity check that it passed."""
    fitted = infer(machine.fit(rows, target), rows, target, (rows, target), ())
    graph, expected, _ = check_parity(fitted, ParityConfig(max_edge_rows=5000))
    return graph, lambda own: parity.measure(
        OnnxSession(own.SerializeToString()), expected, fitted.signature, ParityConfig().tolerance
    )


@pytest.mark.parametrize(
    ("machine", "load"), [(SVC(), load_iris), (SVR(C=10.0), load_diabetes)], ids=["classifier", "regressor"]
)
def test_vectors_of_rows_that_were_there_twice_are_merged_and_pass_the_proof(
    machine: SVC | SVR, load: Callable[..., tuple[Any, Any]]
) -> None:
    rows, target = load(return_X_y=True)
    graph, proof = proved(machine, np.tile(rows[::2], (2, 1)), np.tile(target[::2], 2))

    merged = merge_vectors(graph).model

    assert merged.ByteSize() < 0.7 * graph.ByteSize()
    assert parity.objection(proof(merged)) == ""


def test_machine_without_equal_vectors_is_told_that_there_is_no_shorter_form() -> None:
    graph, _ = proved(SVR(C=10.0), *load_diabetes(return_X_y=True))

    with pytest.raises(
        NotApplicable, match=r"no two of the \d+ support vectors are equal, and SVMRegressor has no shorter"
    ):
        merge_vectors(graph)


def test_other_graphs_have_no_vectors() -> None:
    with pytest.raises(NothingToChange, match="there are no support vectors in it"):
        merge_vectors(prepared("breast_cancer").graph)
