"""The classes of a foreign graph: read where the usual exporters leave them, and the ZipMap that hides them removed.

A ZipMap turns probabilities into a list of dictionaries, which no tensor protocol can carry; its keys are the classes.
"""

from collections.abc import Iterator
from typing import Any

from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from slipway_ml.contract.signature import Label
from slipway_training.workflows.importing.foreign import plain

_NAMES = ("classlabels_int64s", "classlabels_ints", "classlabels_strings")
_PASSES_ON = frozenset({"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})
_LOOKS_UP = frozenset({"ArrayFeatureExtractor", "Gather"})


def remove_zip_maps(model: ModelProto) -> tuple[Label, ...]:
    """Give the tensor instead of the dictionaries; returns their keys, or nothing where there was no ZipMap."""
    labels: tuple[Label, ...] = ()
    outputs = {value.name: value for value in model.graph.output}
    for node in [node for node in model.graph.node if node.op_type == "ZipMap" and node.output[0] in outputs]:
        labels = _attribute_labels(node)
        value = outputs[node.output[0]]
        value.CopyFrom(helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, ["rows", len(labels)]))
        model.graph.node.remove(node)
    return labels


def labels_of(model: ModelProto, label_output: str | None) -> tuple[Label, ...]:
    """The classes in the order of their probabilities, or nothing where the graph does not say."""
    makers = {output: node for node in model.graph.node for output in node.output}
    if label_output is not None:
        constants = {tensor.name: tensor for tensor in _constants(model)}
        node = makers.get(label_output)
        while node is not None and node.op_type in _PASSES_ON:
            node = makers.get(node.input[0])
        if node is not None and node.op_type in _LOOKS_UP and node.input[0] in constants:
            return _plain_labels(numpy_helper.to_array(constants[node.input[0]]).ravel())
        if node is not None and (found := _attribute_labels(node)):
            return found
    stated = {found for node in model.graph.node if (found := _attribute_labels(node))}
    return next(iter(stated)) if len(stated) == 1 else ()


def _constants(model: ModelProto) -> Iterator[TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.type == AttributeProto.TENSOR:
                    tensor = TensorProto()
                    tensor.CopyFrom(attribute.t)
                    tensor.name = node.output[0]
                    yield tensor


def _attribute_labels(node: NodeProto) -> tuple[Label, ...]:
    for attribute in node.attribute:
        if attribute.name in _NAMES:
            values: Any = attribute.strings or attribute.ints
            return _plain_labels(values)
    return ()


def _plain_labels(values: Any) -> tuple[Label, ...]:
    found = [value.decode() if isinstance(value, bytes) else plain(value) for value in values]
    return tuple(found) if all(isinstance(value, int | str) for value in found) else ()
