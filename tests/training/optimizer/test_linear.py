import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from slipway_ml.contract.parity import Parity
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.onnx_export import export
from slipway_training.optimizer.linear import fold_scaler, product_in_float64, score_in_float64
from slipway_training.optimizer.passes import NotApplicable, NothingToChange, copy
from slipway_training.optimizer.wiring import set_attribute
from slipway_training.parity import parity
from slipway_training.workflows.signature_inference import infer
from tests.strategies import FEW
from tests.training.optimizer.offset import Offset, offset
from tests.training.prepared import Prepared, prepared

LINEAR = ("LogisticRegression", "LogisticRegression of three classes", "Ridge")


def proof(model: Prepared | Offset, graph: ModelProto) -> Parity:
    return parity.measure(OnnxSession(graph.SerializeToString()), model.expected, model.signature, 1e-5)


def kinds(graph: ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node]


def score(graph: ModelProto, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the classifier scores before it becomes a probability."""
    raw = copy(graph)
    set_attribute(raw.graph.node[-1], "post_transform", "NONE")
    return OnnxSession(raw.SerializeToString()).run({"X": rows})[1][:, 1].astype(np.float64)


def test_scaler_goes_into_the_weights_and_one_cast_is_left() -> None:
    model = prepared("breast_cancer")

    folded = fold_scaler(model.graph)

    assert kinds(folded.model) == ["Cast", "LinearClassifier"]
    assert (folded.bound or 1) < 1e-4
    assert folded.model.ByteSize() < 0.55 * model.graph.ByteSize()


def test_folded_model_passes_the_proof_of_the_exported_one() -> None:
    model = prepared("breast_cancer")

    assert parity.objection(proof(model, fold_scaler(model.graph).model)) == ""


def test_scaled_numbers_beside_other_columns_are_folded_too() -> None:
    model = prepared("titanic")

    folded = fold_scaler(model.graph).model

    assert not {"Sub", "Div"} & set(kinds(folded))
    assert parity.objection(proof(model, folded)) == ""


@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_no_row_within_four_scales_moves_its_score_by_more_than_the_bound(seed: int) -> None:
    model = prepared("breast_cancer")
    scaler = model.pipeline[0]
    rows = scaler.mean_ + scaler.scale_ * np.random.default_rng(seed).uniform(-4, 4, size=(50, 30))
    folded = fold_scaler(model.graph)

    exact, own = (score(graph, rows) for graph in (product_in_float64(model.graph).model, folded.model))

    assert np.all(np.abs(exact - own) <= (folded.bound or 0) + 2**-23 * np.abs(exact))


@pytest.mark.parametrize("name", LINEAR)
def test_scaler_far_from_zero_is_not_folded_in_float32(name: str) -> None:
    with pytest.raises(NotApplicable, match="raw columns lie far from zero beside their spread"):
        fold_scaler(offset(name).graph)


def test_plain_fold_would_change_labels_there() -> None:
    """The negative control of the bound."""
    model = offset("LogisticRegression")

    found = proof(model, fold_scaler(model.graph, limit=np.inf).model)

    assert found.kinds[0].label_flips > 5
    assert found.largest_difference > 0.01


@pytest.mark.parametrize("name", LINEAR)
def test_product_in_float64_passes_the_proof_there(name: str) -> None:
    model = offset(name)

    found = product_in_float64(model.graph)

    assert "Sub" not in kinds(found.model)
    assert parity.objection(proof(model, found.model)) == ""
    assert (found.bound or 1) < 1e-6


def test_model_of_two_classes_computes_one_score() -> None:
    folded = product_in_float64(offset("LogisticRegression").graph).model

    weights = next(numpy_helper.to_array(t) for t in folded.graph.initializer if t.name == "score/weights")
    assert weights.shape == (10, 1)


def test_two_classes_tie_as_in_the_exported_graph() -> None:
    model = prepared("breast_cancer")
    fair = fold_scaler(model.graph, limit=np.inf).model
    for name in ("coefficients", "intercepts"):
        attribute = next(own for own in fair.graph.node[-1].attribute if own.name == name)
        attribute.floats[:] = [0.0] * len(attribute.floats)

    label = OnnxSession(fair.SerializeToString()).run({"X": np.zeros((1, 30))})[0]

    assert label.tolist() == [model.pipeline.classes_[0]]


def test_model_without_a_scaler_has_nothing_to_fold() -> None:
    folded = fold_scaler(prepared("breast_cancer").graph).model

    with pytest.raises(NothingToChange, match="there is no scaler"):
        fold_scaler(folded)


@pytest.mark.parametrize("rows", [1, 2, 3, 64])
def test_score_in_float64_is_the_same_to_the_bit_whoever_else_asks(rows: int) -> None:
    model = prepared("breast_cancer")
    session = OnnxSession(score_in_float64(model.graph).model.SerializeToString())
    tensors = to_tensors(model.expected.frame.iloc[:256], model.signature)
    together = session.run(tensors)

    for start in range(0, 256 - rows, rows):
        alone = session.run({name: tensor[start : start + rows] for name, tensor in tensors.items()})
        for own, everyone in zip(alone, together, strict=True):
            assert np.array_equal(own, everyone[start : start + rows])


def test_score_of_many_columns_is_computed_in_float64_and_passes_the_proof() -> None:
    model = prepared("breast_cancer")

    found = score_in_float64(model.graph)

    assert kinds(found.model) == ["Gemm", "Cast", "LinearClassifier"]
    assert parity.objection(proof(model, found.model)) == ""
    assert (found.bound or 1) < 1e-10


def test_value_of_a_regression_is_the_product_and_its_cast() -> None:
    assert kinds(score_in_float64(offset("Ridge").graph).model) == ["Gemm", "Cast"]


def test_model_without_a_scaler_has_its_score_in_float64_with_no_bound_beforehand() -> None:
    rows, target = load_breast_cancer(return_X_y=True)
    plain = infer(LogisticRegression(solver="newton-cholesky").fit(rows, target), rows, target, None, ())
    graph = export(plain.pipeline, plain.signature)

    found = score_in_float64(graph)

    before, after = (OnnxSession(one.SerializeToString()).run({"X": rows}) for one in (graph, found.model))
    assert found.bound is None
    assert np.array_equal(before[0], after[0])
    assert after[1] == pytest.approx(before[1], abs=1e-4)


def test_several_scores_stay_in_float32() -> None:
    with pytest.raises(NothingToChange, match="float32 is faster for several scores"):
        score_in_float64(offset("LogisticRegression of three classes").graph)
