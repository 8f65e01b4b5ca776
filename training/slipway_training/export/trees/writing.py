"""Trees of a finished graph into its nodes, in the operator that suits their number.

The older operators are read by every runtime, and the passes over trees are for them. A large forest in them takes ten
times the memory of its file to be loaded, so it is written in the newer operator at once, where that says the same to
the bit: votes, which are exact in any order, and means.
"""

from collections.abc import Mapping
from typing import Any

from onnx import ModelProto, NodeProto

from slipway_training.export.assembly import Assembly
from slipway_training.export.trees.attributes import DOMAIN, PREFIXES, attributes
from slipway_training.export.trees.ensemble import Ensemble
from slipway_training.export.trees.one_operator import (
    NotOneOperator,
    OneOperator,
    attribute_value,
    has_exact_sums,
    raise_versions,
)

LARGE = 2**17
"""Nodes of all trees of a graph; the older operators take 300 bytes for each of them while they are loaded."""


def add_trees(
    assembly: Assembly, kind: str, wire: str, trees: Ensemble, outputs: int = 1, **attributes: Any
) -> list[str]:
    """A node of trees, TreeEnsembleClassifier or -Regressor; returns the names of its outputs."""
    return assembly.add_held(kind, [wire], outputs, trees, write_trees, domain=DOMAIN, **attributes)


def write_trees(model: ModelProto, trees: Mapping[str, Ensemble]) -> None:
    """Complete the nodes whose names are given; `trees` of other names belong to nodes that no output needed."""
    found = [(node, trees[node.name]) for node in model.graph.node if node.name in trees]
    if sum(len(ensemble) for _, ensemble in found) > LARGE and _in_one_operator(model, found):
        return
    for node, ensemble in found:
        written = [*node.attribute, *attributes(ensemble, PREFIXES[node.op_type])]
        del node.attribute[:]
        node.attribute.extend(sorted(written, key=lambda attribute: attribute.name))


def _in_one_operator(model: ModelProto, found: list[tuple[NodeProto, Ensemble]]) -> bool:
    """Whether it could be; nothing is changed where it could not."""
    if not all(_says_the_same(node, ensemble) for node, ensemble in found):
        return False
    known = len(model.graph.initializer)
    try:
        instead = {node.name: OneOperator(model, node, ensemble).nodes for node, ensemble in found}
    except NotOneOperator:
        del model.graph.initializer[known:]
        return False
    nodes = [one for node in model.graph.node for one in instead.pop(node.name, [node])]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    raise_versions(model)
    return True


def _says_the_same(node: NodeProto, ensemble: Ensemble) -> bool:
    if node.op_type == "TreeEnsembleRegressor":
        return bool(attribute_value(node, "aggregate_function", b"SUM") == b"AVERAGE")
    return attribute_value(node, "post_transform", b"NONE") == b"NONE" and has_exact_sums(ensemble)
