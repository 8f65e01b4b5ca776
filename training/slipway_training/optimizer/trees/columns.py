"""Trees read their columns where they are, instead of from a copy with the columns in another order.

A ColumnTransformer picks columns and joins them again. Where nothing else is left of its branches, which happens when
their scalers are folded into the thresholds, the trees can name the columns of the matrix itself.
"""

from dataclasses import replace

import numpy as np
from onnx import ModelProto, NodeProto, numpy_helper

from slipway_training.export.trees.attributes import precision
from slipway_training.optimizer.passes import Material, NothingToChange, Rewritten
from slipway_training.optimizer.trees.nodes import ensembles, get, opened, put

Columns = list[tuple[str, int]]


def read_columns(model: ModelProto, _material: Material) -> Rewritten:
    """Other feature numbers, and no Gather and Concat before the trees."""
    own = opened(model)
    makers = {name: node for node in own.graph.node for name in node.output}
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in own.graph.initializer}
    widths = {one.name: int(one.type.tensor_type.shape.dim[-1].dim_value) for one in own.graph.input}
    has_changed = False
    for node, ensemble in list(ensembles(own)):
        found = _columns(node.input[0], makers, constants, widths)
        if makers.get(node.input[0]) is None or found is None or len({wire for wire, _ in found}) != 1:
            continue
        numbers = np.array([column for _, column in found])
        is_split = ensemble.left >= 0
        feature = np.where(is_split, numbers[ensemble.feature.clip(max=len(numbers) - 1)], 0)
        put(node, replace(ensemble, feature=feature), precision(node))
        node.input[0] = found[0][0]
        has_changed = True
    if not has_changed:
        raise NothingToChange("the trees read their matrix as it comes")
    drop_unused(own)
    return Rewritten(own, 0.0)


def drop_unused(model: ModelProto) -> None:
    """Remove nodes and constants that no output needs."""
    wanted = {output.name for output in model.graph.output}
    kept: list[NodeProto] = []
    for node in reversed(model.graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in wanted]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(kept[::-1])
    model.graph.initializer.extend(tensors)


def _columns(
    wire: str, makers: dict[str, NodeProto], constants: dict[str, np.ndarray], widths: dict[str, int]
) -> Columns | None:
    """Where each column of a wire comes from; None where something was computed on the way."""
    node = makers.get(wire)
    if node is None:
        return [(wire, column) for column in range(widths.get(wire, 0))] or None
    if node.op_type == "Gather" and node.input[1] in constants and get(node, "axis", 0) == 1:
        before = _columns(node.input[0], makers, constants, widths)
        return None if before is None else [before[column] for column in constants[node.input[1]].ravel()]
    if node.op_type == "Concat" and get(node, "axis") == 1:
        parts = [_columns(name, makers, constants, widths) for name in node.input]
        return None if any(part is None for part in parts) else [one for part in parts for one in part or []]
    if node.op_type == "Identity":
        return _columns(node.input[0], makers, constants, widths)
    return None
