"""Graphs for a GPU: a small network, which it runs, and trees, which it cannot."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from slipway_ml.contract.tensors import Tensor

FEATURES = 32


def rows(count: int) -> Tensor:
    """Rows for either graph."""
    return np.random.default_rng(count).normal(size=(count, FEATURES)).astype(np.float32)


def network(*, double: bool = False) -> bytes:
    """A layer of 64 units and one output; takes doubles, as signatures have them, where that is asked for."""
    random = np.random.default_rng(0)
    weights = {"W": (FEATURES, 64), "V": (64, 1)}
    constants = [
        numpy_helper.from_array((random.normal(size=shape) / 8).astype(np.float32), key)
        for key, shape in weights.items()
    ]
    nodes = [
        helper.make_node("Cast", ["X"], ["narrow"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["narrow", "W"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("MatMul", ["active", "V"], ["value"]),
    ]
    return _model(nodes, constants, taken=TensorProto.DOUBLE if double else TensorProto.FLOAT)


def trees() -> bytes:
    """One tree that tells whether the first number is above 0."""
    tree = helper.make_node(
        "TreeEnsembleRegressor",
        ["X"],
        ["value"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=[0, 0, 0],
        nodes_nodeids=[0, 1, 2],
        nodes_featureids=[0, 0, 0],
        nodes_values=[0.0, 0.0, 0.0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0],
        target_treeids=[0, 0],
        target_nodeids=[1, 2],
        target_ids=[0, 0],
        target_weights=[0.0, 1.0],
    )
    return _model([tree], [])


def _model(nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], taken: int = TensorProto.FLOAT) -> bytes:
    graph = helper.make_graph(
        nodes,
        "gpu",
        [helper.make_tensor_value_info("X", taken, ["n", FEATURES])],
        [helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1])],
        constants,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    content: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return content
