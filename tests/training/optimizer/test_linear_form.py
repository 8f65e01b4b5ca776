import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from app.runtime.session import OnnxSession
from tests.training.optimizer.offset import offset
from tests.training.prepared import prepared
from training.data.tensors import to_tensors
from training.export import parity
from training.export.onnx_export import export
from training.inference import infer
from training.optimizer.linear import fold_scaler, product_in_float64
from training.optimizer.linear_form import cast_inside, score_in_a_row, softmax_apart
from training.optimizer.passes import NothingToDo

X, Y = load_breast_cancer(return_X_y=True)


def kinds(graph: ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node]


def answers(graph: ModelProto, rows: NDArray[np.float64] = X) -> list[NDArray[np.generic]]:
    return OnnxSession(graph.SerializeToString()).run({"X": rows})


def folded_three() -> ModelProto:
    rows, target = X[:, :8], np.digitize(X[:, 8], [0.17, 0.19])
    found = infer(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target), rows, target, None, ())
    return fold_scaler(export(found.pipeline, found.signature)).model


@pytest.mark.parametrize("text", [False, True], ids=["numbers", "text"])
def test_labels_and_probabilities_stay_when_scores_lie_in_a_row(text: bool) -> None:
    target = np.array(["bad", "good"])[Y] if text else Y
    found = infer(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, target), X, target, None, ())
    before = fold_scaler(export(found.pipeline, found.signature)).model

    graph = score_in_a_row(before).model

    onnx.checker.check_model(graph)
    assert kinds(graph) == ["Cast", "Gemm", "Reshape", "LinearClassifier"]
    assert np.array_equal(answers(graph)[0], answers(before)[0])
    assert answers(graph)[1] == pytest.approx(answers(before)[1], abs=1e-5)


def test_values_of_a_regression_lie_in_a_row_too() -> None:
    found = infer(make_pipeline(StandardScaler(), Ridge()).fit(X, X[:, 0]), X, X[:, 0], None, ())
    before = fold_scaler(export(found.pipeline, found.signature)).model

    graph = score_in_a_row(before).model

    assert kinds(graph) == ["Cast", "Gemm", "Reshape"]
    assert answers(graph)[0].shape == (len(X), 1)
    assert answers(graph)[0] == pytest.approx(answers(before)[0], rel=1e-5)


def test_scores_in_a_row_pass_the_proof_of_the_exported_graph() -> None:
    model = prepared("breast_cancer")

    graph = score_in_a_row(fold_scaler(model.graph).model).model

    found = parity.measure(OnnxSession(graph.SerializeToString()), model.expected, model.signature, 1e-5)
    assert parity.objection(found) == ""


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_row_of_scores_holds_for_any_number_of_rows(rows: int) -> None:
    before = fold_scaler(prepared("breast_cancer").graph).model

    few, all_rows = (answers(score_in_a_row(before).model, some)[1] for some in (X[:rows], X))

    assert few == pytest.approx(all_rows[:rows], abs=1e-6)


def test_few_columns_are_not_worth_two_more_nodes() -> None:
    with pytest.raises(NothingToDo, match="it has 8 columns, 20 would be worth it"):
        score_in_a_row(folded_three())


def test_nothing_is_left_to_do_the_second_time() -> None:
    once = score_in_a_row(fold_scaler(prepared("breast_cancer").graph).model).model

    for again in (score_in_a_row, cast_inside, softmax_apart):
        with pytest.raises(NothingToDo):
            again(once)


def test_every_bit_stays_when_the_classifier_casts() -> None:
    model = offset("LogisticRegression")
    before = product_in_float64(model.graph).model
    rows = to_tensors(model.expected.frame, model.signature)["X"]

    graph = cast_inside(before).model

    assert kinds(graph) == ["Gemm", "LinearClassifier"]
    for own, wanted in zip(answers(graph, rows), answers(before, rows), strict=True):
        assert own.tobytes() == wanted.tobytes()


def test_softmax_apart_keeps_labels_and_needs_no_normalizer() -> None:
    before = folded_three()

    graph = softmax_apart(cast_inside(before).model).model

    assert kinds(before) == ["Cast", "LinearClassifier", "Normalizer"]
    assert kinds(graph) == ["LinearClassifier", "Softmax"]
    own, wanted = (answers(one, X[:, :8]) for one in (graph, before))
    assert np.array_equal(own[0], wanted[0])
    assert own[1] == pytest.approx(wanted[1], abs=1e-6)


def test_regression_in_float64_ends_with_the_cast() -> None:
    assert kinds(product_in_float64(offset("Ridge").graph).model) == ["Gemm", "Cast"]
