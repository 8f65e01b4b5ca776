"""Weight-only int8: weights are stored as int8 with a scale per output channel, arithmetic stays in float32.

Answers move by the rounding of the weights alone and are the same on every processor. Unpacking is written as Cast and
Mul rather than DequantizeLinear, which says the same: onnxruntime folds constants through the former when it loads the
graph, but keeps the latter and pays for it in every run.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

_LARGEST = 127
_SMALLEST_WEIGHT = 1024
"""Below this many values the scales and the extra node cost more than they save."""


def weight_nodes(model: ModelProto) -> list[tuple[NodeProto, TensorProto]]:
    """MatMul and Gemm nodes with their constant float32 matrix, largest networks' bulk."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    return [
        (node, constants[node.input[1]])
        for node in model.graph.node
        if node.op_type in {"MatMul", "Gemm"}
        and node.input[1] in constants
        and constants[node.input[1]].data_type == TensorProto.FLOAT
        and len(constants[node.input[1]].dims) == 2  # noqa: PLR2004  # a matrix
    ]


def quantize_weights(model: ModelProto) -> ModelProto:
    """A copy with every large enough weight matrix in int8."""
    small = ModelProto()
    small.CopyFrom(model)
    for node, tensor in weight_nodes(small):
        weights = numpy_helper.to_array(tensor)
        if weights.size < _SMALLEST_WEIGHT:
            continue
        # The channel is the output column; Gemm may hold the matrix transposed.
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        axis = 0 if transposed else 1
        scale = np.abs(weights).max(axis=1 - axis) / np.float32(_LARGEST)
        scale = np.where(scale == 0, np.float32(1), scale).astype(np.float32)
        rounded = np.round(weights / np.expand_dims(scale, 1 - axis)).clip(-_LARGEST, _LARGEST).astype(np.int8)
        small.graph.initializer.remove(tensor)
        small.graph.initializer.append(numpy_helper.from_array(rounded, f"{tensor.name}/int8"))
        small.graph.initializer.append(numpy_helper.from_array(np.expand_dims(scale, 1 - axis), f"{tensor.name}/scale"))
        _unpack(small, tensor.name)
    return small


def _unpack(model: ModelProto, name: str) -> None:
    cast = helper.make_node("Cast", [f"{name}/int8"], [f"{name}/float"], name=f"{name}/cast", to=TensorProto.FLOAT)
    scale = helper.make_node("Mul", [f"{name}/float", f"{name}/scale"], [name], name=f"{name}/unpack")
    model.graph.node.insert(0, scale)
    model.graph.node.insert(0, cast)
