"""A small network with convolutions, as a framework gives it: pixels in rows, drawn filters, the last layer fitted.

Random filters before a fitted layer are a fair model (Jarrett et al., "What is the best multi-stage architecture for
object recognition?", 2009), and need no framework to make.
"""

import hashlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.runtime.session import OnnxSession
from slipway_training.optimizer.half import FLOAT16
from slipway_training.optimizer.passes import Material
from slipway_training.optimizer.quantizers import QUANTIZERS

PIXELS, DIGITS = load_digits(return_X_y=True)
_SIDE = 8
_SIGNATURE = Signature(
    task=Task.REGRESSION, layout="matrix", features=tuple(Feature(name=f"x{n}", kind=Kind.NUMBER) for n in range(64))
)
MATERIAL = Material({"x": PIXELS[:600:2].astype(np.float32)}, _SIGNATURE)


@cache
def convolutional(first: int = 8, second: int = 16, rows: int = 600) -> ModelProto:
    """Pixels [n, 64] -> label [n] and probabilities [n, 10], fitted on every other of the first `rows` digits."""
    random = np.random.default_rng(0)
    constants = {
        "image": np.array([-1, 1, _SIDE, _SIDE]),
        "scale": np.array(16.0, dtype=np.float32),
        "w1": _filters(random, first, 1),
        "b1": np.zeros(first, dtype=np.float32),
        "w2": _filters(random, second, first),
        "b2": np.zeros(second, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Div", ["x", "scale"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "image"], ["pixels"]),
        helper.make_node("Conv", ["pixels", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("Flatten", ["r2"], ["flat"]),
    ]
    body = _model(nodes, constants, {"flat": (TensorProto.FLOAT, ["n", second * _SIDE * _SIDE // 4])})
    seen = OnnxSession(body.SerializeToString()).run({"x": PIXELS[:rows:2].astype(np.float32)})[0]
    fitted = LogisticRegression(max_iter=200).fit(seen, DIGITS[:rows:2])
    constants |= {
        "w3": fitted.coef_.astype(np.float32),
        "b3": fitted.intercept_.astype(np.float32),
        "classes": fitted.classes_.astype(np.int64),
    }
    nodes += [
        helper.make_node("Gemm", ["flat", "w3", "b3"], ["scores"], transB=1),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "best"], ["label"]),
    ]
    outputs = {"label": (TensorProto.INT64, ["n"]), "probabilities": (TensorProto.FLOAT, ["n", 10])}
    return _model(nodes, constants, outputs)


def predictions(model: ModelProto, rows: Any = PIXELS[1:600:2]) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Labels and probabilities."""
    labels, probabilities = OnnxSession(model.SerializeToString()).run({"x": rows.astype(np.float32)})
    return labels, probabilities


def digests() -> list[str]:
    """Of the graph that each pass makes of the network."""
    passes = [*(one for _, own in QUANTIZERS.values() for one in own), FLOAT16]
    graphs = [one.apply(convolutional(), MATERIAL).model for one in passes]
    return [hashlib.sha256(one.SerializeToString(deterministic=True)).hexdigest() for one in graphs]


def _filters(random: np.random.Generator, count: int, channels: int) -> NDArray[np.float32]:
    drawn = random.normal(size=(count, channels, 3, 3)) / np.sqrt(9 * channels)
    return np.asarray(drawn, dtype=np.float32)


def _model(nodes: list[Any], constants: dict[str, NDArray[Any]], outputs: dict[str, Any]) -> ModelProto:
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", _SIDE * _SIDE])]
    gives = [helper.make_tensor_value_info(name, *own) for name, own in outputs.items()]
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "convolutional", given, gives, held)
    opsets = [helper.make_opsetid("", 19)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="somebody")
