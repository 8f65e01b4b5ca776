"""Weight-only int8: weights are stored as int8 with a scale per output channel, arithmetic stays in float32.

Predictions move by the rounding of the weights alone and are the same on every processor. Unpacking is written as Cast
and Mul rather than DequantizeLinear, which says the same: onnxruntime folds constants through the former when it loads
the graph, but keeps the latter and pays for it in every run.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

OPERATORS = ("MatMul", "Gemm", "Conv")
"""What multiplies by constant weights."""

_LARGEST = 127
_SMALLEST_WEIGHT = 1024
"""Below this many values the scales and the extra node cost more than they save."""


def weight_nodes(model: ModelProto) -> list[tuple[NodeProto, TensorProto]]:
    """MatMul, Gemm and Conv nodes with their constant float32 weights, a network's bulk."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    return [
        (node, constants[node.input[1]])
        for node in model.graph.node
        if node.op_type in OPERATORS
        and node.input[1] in constants
        and constants[node.input[1]].data_type == TensorProto.FLOAT
        and (node.op_type == "Conv" or len(constants[node.input[1]].dims) == 2)  # noqa: PLR2004  # a matrix
    ]


def quantize_weights(model: ModelProto) -> ModelProto:
    """A copy with every large enough array of weights in int8."""
    small = ModelProto()
    small.CopyFrom(model)
    for node, tensor in weight_nodes(small):
        weights = numpy_helper.to_array(tensor)
        if weights.size < _SMALLEST_WEIGHT:
            continue
        # The channel is the output column, a filter of Conv; Gemm may hold the matrix transposed.
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        channel = 0 if transposed or node.op_type == "Conv" else 1
        others = tuple(axis for axis in range(weights.ndim) if axis != channel)
        scale = np.abs(weights).max(axis=others, keepdims=True) / np.float32(_LARGEST)
        scale = np.where(scale == 0, np.float32(1), scale).astype(np.float32)
        rounded = np.round(weights / scale).clip(-_LARGEST, _LARGEST).astype(np.int8)
        small.graph.initializer.remove(tensor)
        small.graph.initializer.append(numpy_helper.from_array(rounded, f"{tensor.name}/int8"))
        small.graph.initializer.append(numpy_helper.from_array(scale, f"{tensor.name}/scale"))
        _unpack(small, tensor.name)
    return small


def _unpack(model: ModelProto, name: str) -> None:
    cast = helper.make_node("Cast", [f"{name}/int8"], [f"{name}/float"], name=f"{name}/cast", to=TensorProto.FLOAT)
    scale = helper.make_node("Mul", [f"{name}/float", f"{name}/scale"], [name], name=f"{name}/unpack")
    model.graph.node.insert(0, scale)
    model.graph.node.insert(0, cast)
