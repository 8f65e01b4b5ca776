"""A graph to be changed: who makes a wire, who reads it, what is constant, and what nobody needs any more."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import AttributeProto, ModelProto, NodeProto, helper, numpy_helper

from slipway_training.optimizer.passes import copy


class Wiring:
    """A copy of a model with look-ups; `finish` drops what became unused and hands it out."""

    def __init__(self, model: ModelProto) -> None:
        self.model = copy(model)
        self.graph = self.model.graph

    def maker(self, wire: str) -> NodeProto | None:
        """The node that a wire comes from; None for inputs and constants."""
        return next((node for node in self.graph.node if wire in node.output), None)

    def readers(self, wire: str) -> list[NodeProto]:
        """The nodes that read a wire."""
        return [node for node in self.graph.node if wire in node.input]

    def constant(self, wire: str) -> NDArray[Any] | None:
        """The value of a constant; None for what is computed."""
        return next((numpy_helper.to_array(t) for t in self.graph.initializer if t.name == wire), None)

    def is_output(self, wire: str) -> bool:
        """Whether it leaves the graph, so that its name must stay."""
        return any(output.name == wire for output in self.graph.output)

    def add_constant(self, value: NDArray[Any], name: str) -> str:
        """A new constant; returns its name."""
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def put_before(self, node: NodeProto, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """A new node just before another, so that the order stays one of computation; returns its output."""
        place = list(self.graph.node).index(node)
        self.graph.node.insert(place, helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def put_after(self, node: NodeProto, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        """A new node just after another."""
        place = list(self.graph.node).index(node) + 1
        self.graph.node.insert(place, helper.make_node(kind, list(inputs), [output], name=output, **attributes))

    def replace(self, node: NodeProto, wire: str) -> None:
        """Let another wire be what a node made, under that node's name for it."""
        maker, name = self.maker(wire), node.output[0]
        self.graph.node.remove(node)
        if maker is not None:
            maker.output[0] = name

    def finish(self) -> ModelProto:
        """The model without nodes and constants that no output needs."""
        wanted = {output.name for output in self.graph.output}
        kept = []
        for node in reversed(self.graph.node):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        constants = [tensor for tensor in self.graph.initializer if tensor.name in wanted]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(reversed(kept))
        self.graph.initializer.extend(constants)
        return self.model


def attribute(node: NodeProto, name: str) -> AttributeProto | None:
    """An attribute by name."""
    return next((own for own in node.attribute if own.name == name), None)


def floats(node: NodeProto, name: str) -> NDArray[np.float64]:
    """A list of numbers among the attributes, empty where it is missing."""
    found = attribute(node, name)
    return np.asarray(found.floats if found is not None else [], dtype=np.float64)


def set_attribute(node: NodeProto, name: str, value: Any) -> None:
    """Put an attribute in the place of the one of its name."""
    found = attribute(node, name)
    if found is not None:
        node.attribute.remove(found)
    node.attribute.append(helper.make_attribute(name, value))
