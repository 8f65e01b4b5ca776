"""The tree ensembles of a graph: read as arrays, rewritten in place of themselves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from onnx import AttributeProto, ModelProto, NodeProto

from slipway_training.export.trees.attributes import DOMAIN, PREFIXES, attributes, precision, read
from slipway_training.export.trees.ensemble import Ensemble
from slipway_training.export.trees.one_operator import attribute_value
from slipway_training.optimizer.passes import NothingToChange, Rewritten, copy

_TENSORS = 3
Change = Callable[[Ensemble, NodeProto], Ensemble]


def ensembles(model: ModelProto) -> Iterator[tuple[NodeProto, Ensemble]]:
    """Every node of trees that can be read."""
    for node in model.graph.node:
        if node.op_type in PREFIXES and (found := read(node)) is not None:
            yield node, found


def rewrite(model: ModelProto, change: Change, why_not: str) -> Rewritten:
    """A copy with every ensemble changed; raises NothingToChange with `why_not` where no node is any other for it."""
    changed = {}
    for place, node in enumerate(model.graph.node):
        if node.op_type in PREFIXES and (found := read(node)) is not None:
            written = _attributes(node, change(found, node), precision(node))
            if list(node.attribute) != written:
                changed[place] = written
    if not changed:
        raise NothingToChange(why_not)
    return Rewritten(opened(model, changed), 0.0)


def opened(model: ModelProto, attributes: Mapping[int, Sequence[AttributeProto]] = MappingProxyType({})) -> ModelProto:
    """A copy that may hold numbers as tensors, as ai.onnx.ml does from its version 3 on.

    `attributes` are those of some nodes, by their place, instead of their own, which are then not copied. Raises
    NothingToChange where the trees are in the newer operator.
    """
    if not any(node.op_type in PREFIXES for node in model.graph.node):
        raise NothingToChange("the trees are in the operator of ai.onnx.ml 5 already")
    own = copy(model, attributes)
    for entry in own.opset_import:
        entry.version = max(entry.version, _TENSORS) if entry.domain == DOMAIN else entry.version
    return own


def put(node: NodeProto, ensemble: Ensemble, dtype: Any) -> None:
    """Write trees into a node in place of its own; what is said of labels, sums and transforms stays."""
    written = _attributes(node, ensemble, dtype)
    del node.attribute[:]
    node.attribute.extend(written)


def _attributes(node: NodeProto, ensemble: Ensemble, dtype: Any) -> list[AttributeProto]:
    prefix = PREFIXES[node.op_type]
    named = ("treeids", "nodeids", "ids", "weights", "weights_as_tensor")
    own = {f"{prefix}_{name}" for name in named}
    kept = [one for one in node.attribute if one.name not in own and not one.name.startswith("nodes_")]
    return sorted([*kept, *attributes(ensemble, prefix, dtype)], key=lambda attribute: attribute.name)


get = attribute_value
