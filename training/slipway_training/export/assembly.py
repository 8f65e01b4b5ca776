"""Joining ONNX graphs: prefixes keep names apart, wires tie them together; equal parts give equal bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, compose, helper, numpy_helper

from slipway_ml.contract.tensors import Datatype, TensorMetadata

TARGET = {"": 19, "ai.onnx.ml": 3}
IR_VERSION = 9
"""What the graphs ask of a runtime: onnxruntime 1.16 and newer load it, so every server we support does."""

MICROSOFT = "com.microsoft"
"""onnxruntime's own operators, imported by a graph only where it uses one: text is cut into words there."""

TENSOR_TYPES: dict[Datatype, int] = {
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.INT64: TensorProto.INT64,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.BYTES: TensorProto.STRING,
}


Write = Callable[[ModelProto, Mapping[str, Any]], None]
"""Completes the nodes of a model with what is held for them, by their names; some may be gone."""


@dataclass(slots=True)
class Assembly:
    """Nodes and constants collected from several graphs and from nodes of our own."""

    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)
    prefix: str = ""
    _count: int = 0
    _held: dict[Write, dict[str, Any]] = field(default_factory=dict)

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """One node of our own; returns the name of its output."""
        name = output or self._fresh(kind)
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def add_many(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """One node with several outputs; returns their names."""
        name = self._fresh(kind)
        names = [f"{name}/{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=name, **attributes))
        return names

    def add_held(
        self, kind: str, inputs: Sequence[str], outputs: int, held: Any, write: Write, **attributes: Any
    ) -> list[str]:
        """A node whose content is written into the finished model, by `write`; returns the names of its outputs.

        Nodes are copied several times on the way there, and the form of a large one depends on the others.
        """
        several = outputs > 1
        names = (
            self.add_many(kind, inputs, outputs, **attributes) if several else [self.add(kind, inputs, **attributes)]
        )
        self._held.setdefault(write, {})[self.nodes[-1].name] = held
        return names

    def constant(self, values: Any) -> str:
        """An array as it is: float64, float32, int64, bool or text."""
        array = np.asarray(values)
        name = self._fresh("constant")
        if array.dtype.kind in "UO":
            texts: Any = [str(value).encode() for value in array.ravel()]
            self.initializers.append(helper.make_tensor(name, TensorProto.STRING, array.shape, texts))
        else:
            self.initializers.append(numpy_helper.from_array(array, name))
        return name

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
        """The finished model, with one import per domain and without what no output needs."""
        self._drop_unused({tensor.name for tensor in outputs})
        graph = helper.make_graph(
            self.nodes, name, list(map(value_info, inputs)), list(map(value_info, outputs)), self.initializers
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in TARGET.items()]
        if any(node.domain == MICROSOFT for node in self.nodes):
            opsets.append(helper.make_opsetid(MICROSOFT, 1))
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="slipway")
        for write, held in self._held.items():
            write(model, held)
        return model

    def _fresh(self, kind: str) -> str:
        self._count += 1
        return f"{self.prefix}{kind.lower()}/{self._count}"

    def _drop_unused(self, wanted: set[str]) -> None:
        kept = []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        self.nodes = kept[::-1]
        self.initializers = [tensor for tensor in self.initializers if tensor.name in wanted]


def _rewire(node: NodeProto, wires: Mapping[str, str]) -> None:
    for names in (node.input, node.output):
        for position, name in enumerate(names):
            names[position] = wires.get(name, name)


def value_info(tensor: TensorMetadata) -> ValueInfoProto:
    """An input or output of a graph, whose first dimension is the rows."""
    shape = ["rows" if size < 0 else size for size in tensor.shape]
    return helper.make_tensor_value_info(tensor.name, TENSOR_TYPES[tensor.datatype], shape)
