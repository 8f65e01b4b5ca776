"""The tree ensembles of a graph: read as arrays, rewritten in place of themselves."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, helper

from slipway_training.export.trees.attributes import DOMAIN, PREFIXES, attributes, precision, read
from slipway_training.export.trees.ensemble import Ensemble
from slipway_training.optimizer.passes import NothingToChange, Rewritten, copy

_TENSORS = 3
Change = Callable[[Ensemble, NodeProto], Ensemble]


def ensembles(model: ModelProto) -> Iterator[tuple[NodeProto, Ensemble]]:
    """Every node of trees that can be read."""
    for node in model.graph.node:
        if node.op_type in PREFIXES and (found := read(node)) is not None:
            yield node, found


def rewrite(model: ModelProto, change: Change, why_not: str) -> Rewritten:
    """A copy with every ensemble changed; raises NothingToDo with `why_not` where no node is any other for it."""
    own = opened(model)
    has_changed = False
    for node, ensemble in ensembles(own):
        before = node.SerializeToString(deterministic=True)
        put(node, change(ensemble, node), precision(node))
        has_changed |= node.SerializeToString(deterministic=True) != before
    if not has_changed:
        raise NothingToChange(why_not)
    return Rewritten(own, 0.0)


def opened(model: ModelProto) -> ModelProto:
    """A copy that may hold numbers as tensors, as ai.onnx.ml does from its version 3 on."""
    own = copy(model)
    for entry in own.opset_import:
        entry.version = max(entry.version, _TENSORS) if entry.domain == DOMAIN else entry.version
    return own


def put(node: NodeProto, ensemble: Ensemble, dtype: Any) -> None:
    """Write trees into a node in place of its own; what is said of labels, sums and transforms stays."""
    prefix = PREFIXES[node.op_type]
    named = ("treeids", "nodeids", "ids", "weights", "weights_as_tensor")
    own = {f"{prefix}_{name}" for name in named}
    kept = [one for one in node.attribute if one.name not in own and not one.name.startswith("nodes_")]
    new = [helper.make_attribute(name, value) for name, value in attributes(ensemble, prefix, dtype).items()]
    del node.attribute[:]
    node.attribute.extend(sorted([*kept, *new], key=lambda attribute: attribute.name))


def get(node: NodeProto, name: str, default: Any = None) -> Any:
    """The value of an attribute."""
    return next((helper.get_attribute_value(one) for one in node.attribute if one.name == name), default)


def weights_per_leaf(ensemble: Ensemble) -> Any:
    """How many weights each node has."""
    return np.bincount(ensemble.leaf, minlength=len(ensemble))
