"""Joining ONNX graphs: prefixes keep names apart, wires tie them together; equal parts give equal bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, compose, helper

from app.contract.tensors import Datatype, TensorMetadata

TARGET = {"": 19, "ai.onnx.ml": 3}
IR_VERSION = 9
"""What the graphs ask of a runtime: onnxruntime 1.16 and newer load it, so every server we support does."""

TENSOR_TYPES: dict[Datatype, int] = {
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.INT64: TensorProto.INT64,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.BYTES: TensorProto.STRING,
}


@dataclass(slots=True)
class Assembly:
    """Nodes and constants collected from several graphs."""

    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """One node of our own; returns the name of its output."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def rename(self, old: str, new: str) -> None:
        """Give a wire another name."""
        for node in self.nodes:
            _rewire(node, {old: new})

    def add_graph(self, model: ModelProto, prefix: str, inputs: Sequence[str]) -> list[str]:
        """A whole graph with its inputs tied to the names given; returns the names of its outputs."""
        graph = compose.add_prefix(model, prefix).graph
        wires = {own.name: given for own, given in zip(graph.input, inputs, strict=True)}
        for node in graph.node:
            _rewire(node, wires)
        self.nodes.extend(graph.node)
        self.initializers.extend(graph.initializer)
        return [wires.get(output.name, output.name) for output in graph.output]

    def model(self, name: str, inputs: Sequence[TensorMetadata], outputs: Sequence[TensorMetadata]) -> ModelProto:
        """The finished model, with one import per domain."""
        graph = helper.make_graph(
            self.nodes, name, list(map(_value_info, inputs)), list(map(_value_info, outputs)), self.initializers
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in TARGET.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="slipway")


def _rewire(node: NodeProto, wires: Mapping[str, str]) -> None:
    for names in (node.input, node.output):
        for position, name in enumerate(names):
            names[position] = wires.get(name, name)


def _value_info(tensor: TensorMetadata) -> ValueInfoProto:
    shape = ["rows" if size < 0 else size for size in tensor.shape]
    return helper.make_tensor_value_info(tensor.name, TENSOR_TYPES[tensor.datatype], shape)
