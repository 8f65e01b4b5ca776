"""Tiny ONNX graphs for the tests: a few nodes each, which do what the name says."""

from typing import Any

import onnx
from onnx import TensorProto, helper

from slipway_ml.contract.signature import Label, Signature
from slipway_ml.contract.tensors import Datatype

_ONNX_TYPES = {
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.INT64: TensorProto.INT64,
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.BYTES: TensorProto.STRING,
}


def sum_graph(signature: Signature, offset: float = 0.0) -> bytes:
    """Regression: `value` is the sum of the row's numbers plus `offset`; text and missing numbers count nothing."""
    nodes, terms = [], []
    for tensor in signature.inputs:
        if tensor.datatype is Datatype.BYTES:
            continue
        nodes += [
            helper.make_node("Cast", [tensor.name], [f"{tensor.name}_d"], to=TensorProto.DOUBLE),
            helper.make_node("IsNaN", [f"{tensor.name}_d"], [f"{tensor.name}_m"]),
            helper.make_node("Where", [f"{tensor.name}_m", "zero", f"{tensor.name}_d"], [f"{tensor.name}_z"]),
            helper.make_node("ReduceSum", [f"{tensor.name}_z", "axis"], [f"{tensor.name}_s"], keepdims=1),
        ]
        terms.append(f"{tensor.name}_s")
    nodes += [
        helper.make_node("Sum", [*terms, "offset"], ["total"]),
        helper.make_node("Cast", ["total"], ["value"], to=TensorProto.FLOAT),
    ]
    return _model(signature, nodes, {"zero": 0.0, "offset": offset})


def sign_graph(signature: Signature) -> bytes:
    """Two classes: the second label where the row's sum is positive; its probability is the sigmoid of the sum."""
    assert signature.labels is not None
    nodes = [
        helper.make_node("ReduceSum", ["X", "axis"], ["total"], keepdims=1),
        helper.make_node("Cast", ["total"], ["total_f"], to=TensorProto.FLOAT),
        helper.make_node("Sigmoid", ["total_f"], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1),
        helper.make_node("Greater", ["p", "half"], ["is_second"]),
        helper.make_node("Cast", ["is_second"], ["index"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["index", "flat"], ["flat_index"]),
        helper.make_node("Gather", ["labels", "flat_index"], ["label"]),
    ]
    return _model(signature, nodes, {}, signature.labels)


def looping_graph(signature: Signature) -> bytes:
    """Regression on one feature: `value` is the row's number, found by counting up to it, which takes its time."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["count", "one"], ["next"])],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("count", TensorProto.FLOAT, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [None, 1]),
        ],
    )
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["times"], to=TensorProto.INT64),
        helper.make_node("Cast", ["X"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["x", "x"], ["nothing"]),
        helper.make_node("Loop", ["times", "", "nothing"], ["value"], body=body),
    ]
    return _model(signature, nodes, {})


def allocating_graph(signature: Signature) -> bytes:
    """Regression on one feature: `value` is the row's number, of which as many floats are written to memory."""
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["count"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["count", "flat"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Cast", ["X"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["x", "zero"], ["value"]),
    ]
    return _model(signature, nodes, {})


def failing_graph(signature: Signature) -> bytes:
    """Like the sum, but onnxruntime fails on a row whose sum is above 1000: it reshapes to an impossible shape."""
    nodes = [
        helper.make_node("ReduceSum", ["X", "axis"], ["total"], keepdims=1),
        helper.make_node("ReduceMax", ["total"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "limit"], ["is_over"]),
        helper.make_node("Cast", ["is_over"], ["over"], to=TensorProto.INT64),
        helper.make_node("Gather", ["shapes", "over"], ["shape"]),
        helper.make_node("Reshape", ["total", "shape"], ["shaped"]),
        helper.make_node("Cast", ["shaped"], ["value"], to=TensorProto.FLOAT),
    ]
    return _model(signature, nodes, {"limit": 1000.0})


def growing_graph(signature: Signature) -> bytes:
    """Like the sum and as quick, but a row with a number above 1000 multiplies large matrices for a minute or more."""
    count = 60
    products = [helper.make_node("MatMul", [f"m{n}", f"m{n}"], [f"m{n + 1}"]) for n in range(count)]
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "limit"], ["is_over"]),
        helper.make_node("Cast", ["is_over"], ["over"], to=TensorProto.INT64),
        helper.make_node("Gather", ["sizes", "over"], ["size"]),
        helper.make_node("Expand", ["half", "size"], ["m0"]),
        *products,
        helper.make_node("ReduceMax", [f"m{count}"], ["top"], keepdims=0),
        helper.make_node("Sub", ["top", "top"], ["nothing"]),
        helper.make_node("ReduceSum", ["X", "axis"], ["total"], keepdims=1),
        helper.make_node("Cast", ["total"], ["total_f"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["total_f", "nothing"], ["value"]),
    ]
    return _model(signature, nodes, {"limit": 1000.0})


def quantizing_graph(signature: Signature) -> bytes:
    """Like the sum, over numbers in 8 bits, whose scale is that of the largest of all rows."""
    nodes = [
        helper.make_node("Cast", ["X"], ["X_f"], to=TensorProto.FLOAT),
        helper.make_node("DynamicQuantizeLinear", ["X_f"], ["X_q", "scale", "zero_point"]),
        helper.make_node("DequantizeLinear", ["X_q", "scale", "zero_point"], ["X_d"]),
        helper.make_node("ReduceSum", ["X_d", "axis"], ["value"], keepdims=1),
    ]
    return _model(signature, nodes, {})


def _model(
    signature: Signature,
    nodes: list[onnx.NodeProto],
    doubles: dict[str, float],
    labels: tuple[Label, ...] | None = None,
) -> bytes:
    constants = [helper.make_tensor(name, TensorProto.DOUBLE, [], [value]) for name, value in doubles.items()]
    constants += [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("flat", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("shapes", TensorProto.INT64, [2, 2], [-1, 1, 7919, 7919]),
        helper.make_tensor("sizes", TensorProto.INT64, [2, 2], [1, 1, 3000, 3000]),
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor("half", TensorProto.FLOAT, [], [0.5]),
    ]
    if labels:
        values: Any = [label.encode() if isinstance(label, str) else label for label in labels]
        constants.append(helper.make_tensor("labels", _ONNX_TYPES[signature.label_datatype], [len(values)], values))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(t.name, _ONNX_TYPES[t.datatype], ["n", *t.shape[1:]]) for t in signature.inputs],
        [
            helper.make_tensor_value_info(t.name, _ONNX_TYPES[t.datatype], ["n", *t.shape[1:]])
            for t in signature.outputs
        ],
        constants,
    )
    inner = [node for outer in nodes for attribute in outer.attribute for node in attribute.g.node]
    used = {name for node in [*nodes, *inner] for name in node.input}
    unused = [constant for constant in graph.initializer if constant.name not in used]
    for constant in unused:
        graph.initializer.remove(constant)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content
