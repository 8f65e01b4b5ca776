"""Graphs as others export them: the usual exporter with its ZipMap, and small graphs written by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 3)).astype(np.float32)
Y = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")
NAMES = ("a", "b", "c")
TABLE = pd.DataFrame(X, columns=list(NAMES)).assign(y=Y)


def forest() -> tuple[RandomForestClassifier, ModelProto]:
    """A forest, and what the usual exporter makes of it by default: float32, ZipMap at the end."""
    fitted = RandomForestClassifier(10, random_state=0).fit(X, Y)
    return fitted, to_onnx(fitted, X[:1], target_opset={"": 19, "ai.onnx.ml": 3})


def columns_of_two_types() -> tuple[Any, ModelProto, pd.DataFrame]:
    """A pipeline whose graph has one input per column, one of them text."""
    rows = pd.DataFrame({"size": X[:, 0], "colour": np.where(X[:, 1] > 0, "red", "blue")})
    encode = ColumnTransformer(
        [("colour", OneHotEncoder(handle_unknown="ignore"), ["colour"])], remainder="passthrough"
    )
    fitted = make_pipeline(encode, LogisticRegression()).fit(rows, Y)
    types = [("size", FloatTensorType([None, 1])), ("colour", StringTensorType([None, 1]))]
    return fitted, to_onnx(fitted, initial_types=types, target_opset={"": 19, "ai.onnx.ml": 3}), rows


def dense(outputs: int, last: str = "", rows: Any = "rows", bias: float = 0.0) -> ModelProto:
    """`scores = last(x · weights + bias)`, as a network comes out of a framework: one output, no label, no names."""
    weights = np.arange(3 * outputs, dtype=np.float32).reshape(3, outputs) / 10 - 0.2
    constants = [
        numpy_helper.from_array(weights, "w"),
        numpy_helper.from_array(np.full(outputs, bias, np.float32), "b"),
    ]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["product"]), helper.make_node("Add", ["product", "b"], ["sum"])]
    nodes.append(helper.make_node(last or "Identity", ["sum"], ["scores"]))
    return graph_of(nodes, constants, (TensorProto.FLOAT, [rows, 3]), {"scores": (TensorProto.FLOAT, [rows, outputs])})


def graph_of(nodes: list[NodeProto], constants: list[Any], x: Any, outputs: dict[str, Any]) -> ModelProto:
    """A model with the input `x`."""
    given = [helper.make_tensor_value_info(name, *own) for name, own in outputs.items()]
    graph = helper.make_graph(nodes, "foreign", [helper.make_tensor_value_info("x", *x)], given, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9, producer_name="somebody")


def saved(model: ModelProto, path: Path) -> Path:
    """The model in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
