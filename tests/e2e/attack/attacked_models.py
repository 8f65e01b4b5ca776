"""The models that are attacked and well used at the same time.

Four are tiny graphs, so that what is measured is the service. The text model is trained, exported and published as
anybody's would be, since what it may be sent follows from its training.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from tests.e2e.attack.good_bodies import ENDLESS, FEATURES, MATRIX, ROWS, TEXT, WIDE
from tests.factories import matrix_signature, mixed_signature, publish, slow_signature
from tests.graphs import looping_graph, sign_graph

_CLASSES = 40
_QUICK = 50.0


def publish_attacked_models(models: Path, *, with_text: bool = True) -> None:
    """All of them into this folder; the text model takes some seconds."""
    publish(models, ROWS, mixed_signature())
    matrix = matrix_signature(FEATURES, ("no", "yes"))
    publish(models, MATRIX, matrix, sign_graph(matrix))
    publish(models, WIDE, _wide_signature(), _wide_graph())
    endless = slow_signature(_QUICK)
    publish(models, ENDLESS, endless, looping_graph(endless))
    if with_text:
        _publish_text(models)


def _wide_signature() -> Signature:
    """One number in, many probabilities out: responses are fifty times their requests."""
    return Signature(
        task=Task.CLASSIFICATION,
        layout="matrix",
        features=(Feature(name="f0", kind=Kind.NUMBER, example=1.5),),
        labels=tuple(f"class {number}" for number in range(_CLASSES)),
    )


def _wide_graph() -> bytes:
    signature = _wide_signature()
    weights = np.linspace(-1, 1, _CLASSES, dtype=np.float32).reshape(1, _CLASSES)
    labels = [str(label) for label in signature.labels or ()]
    nodes = [
        helper.make_node("Cast", ["X"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "weights"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["index"], axis=1, keepdims=0),
        helper.make_node("Gather", ["labels", "index"], ["label"]),
    ]
    graph = helper.make_graph(
        nodes,
        "wide",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, ["n", 1])],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, ["n"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", _CLASSES]),
        ],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array(labels, dtype=object), "labels"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


def _publish_text(models: Path) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  # slow to import, and not always wanted
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    from slipway_training.workflows.publish_fitted import publish as publish_fitted  # noqa: PLC0415

    texts = ["good day", "bad night", "good night", "bad day"] * 10
    labels = ["yes", "no", "yes", "no"] * 10
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
    publish_fitted(fitted, texts, labels, name=TEXT, models=models, report=False)
