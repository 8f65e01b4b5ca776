import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.onnx_export import export
from slipway_training.optimizer.linear import fold_scaler, product_in_float64, score_in_float64
from slipway_training.optimizer.linear_form import cast_inside, logistic_apart, softmax_apart
from slipway_training.optimizer.passes import NothingToChange
from slipway_training.workflows.signature_inference import infer
from tests.training.optimizer.offset import offset

X, _ = load_breast_cancer(return_X_y=True)


def kinds(graph: ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node]


def predictions(graph: ModelProto, rows: NDArray[np.float64] = X) -> list[NDArray[np.generic]]:
    return OnnxSession(graph.SerializeToString()).run({"X": rows})


def folded_three() -> ModelProto:
    rows, target = X[:, :8], np.digitize(X[:, 8], [0.17, 0.19])
    found = infer(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target), rows, target, None, ())
    return fold_scaler(export(found.pipeline, found.signature)).model


@pytest.mark.parametrize("labels", [[0, 1], [3, -7], ["no", "yes"]], ids=["0 and 1", "numbers", "text"])
def test_every_bit_stays_when_label_and_probabilities_are_plain_operators(labels: list[object]) -> None:
    target = np.array(labels)[(X[:, 0] > 14).astype(int)]
    found = infer(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, target), X, target, None, ())
    before = score_in_float64(export(found.pipeline, found.signature)).model

    graph = logistic_apart(before).model

    onnx.checker.check_model(graph, full_check=True)
    assert "LinearClassifier" not in kinds(graph)
    for rows in (X, X[:1], X[:7], 1e9 * X, -1e9 * X, 0 * X):
        own, wanted = predictions(graph, rows), predictions(before, rows)
        assert own[0].tolist() == wanted[0].tolist()
        assert own[1].tobytes() == wanted[1].tobytes()


def test_score_of_zero_is_the_first_label() -> None:
    rows, target = np.array([[-1.0], [1.0]] * 10), np.array([0, 1] * 10)
    plain = infer(LogisticRegression(fit_intercept=False).fit(rows, target), rows, target, None, ())
    graph = logistic_apart(score_in_float64(export(plain.pipeline, plain.signature)).model).model

    assert predictions(graph, np.zeros((3, 1)))[0].tolist() == [0, 0, 0]


def test_threshold_that_needs_probabilities_alone_leaves_no_label() -> None:
    model = make_pipeline(StandardScaler(), FixedThresholdClassifier(LogisticRegression(), threshold=0.3))
    target = (X[:, 0] > 14).astype(int)
    found = infer(model.fit(X, target), X, target, None, ())
    before = export(found.pipeline, found.signature)

    graph = logistic_apart(score_in_float64(before).model).model

    assert "Greater" not in [node.op_type for node in graph.graph.node if node.name.startswith("score/")]
    assert predictions(graph)[0].tolist() == predictions(before)[0].tolist()


def test_nothing_is_left_to_do_the_second_time() -> None:
    once = softmax_apart(cast_inside(folded_three()).model).model

    for again in (cast_inside, softmax_apart):
        with pytest.raises(NothingToChange):
            again(once)


def test_every_bit_stays_when_the_classifier_casts() -> None:
    model = offset("LogisticRegression")
    before = product_in_float64(model.graph).model
    rows = to_tensors(model.expected.frame, model.signature)["X"]

    graph = cast_inside(before).model

    assert kinds(graph) == ["Gemm", "LinearClassifier"]
    for own, wanted in zip(predictions(graph, rows), predictions(before, rows), strict=True):
        assert own.tobytes() == wanted.tobytes()


def test_softmax_apart_keeps_labels_and_needs_no_normalizer() -> None:
    before = folded_three()

    graph = softmax_apart(cast_inside(before).model).model

    assert kinds(before) == ["Cast", "LinearClassifier", "Normalizer"]
    assert kinds(graph) == ["LinearClassifier", "Softmax"]
    own, wanted = (predictions(one, X[:, :8]) for one in (graph, before))
    assert np.array_equal(own[0], wanted[0])
    assert own[1] == pytest.approx(wanted[1], abs=1e-6)
