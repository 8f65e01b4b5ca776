"""What the usual exporter gets wrong in a converted estimator, put right in place."""

from typing import Any

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, helper
from sklearn.tree import BaseDecisionTree

from training.export.members import members

_ENSEMBLES = {"TreeEnsembleClassifier", "TreeEnsembleRegressor"}
_GRID = 2.0**24
_LARGEST_FOREST = 4096


def correct(model: ModelProto, fitted: Any) -> None:
    """Every correction that the estimator asks for."""
    make_ties_exact(model)
    restore_missing(model, fitted)


def make_ties_exact(model: ModelProto) -> bool:
    """Let exact ties between trees stay ties, so that the label is the one scikit-learn's argmax gives.

    A forest's leaf weights are p/n in float32, and 50 times 0.01 is not 0.5 there: the label of a tied row depends on
    rounding. Rounded down to multiples of 2**-24, every partial sum is exact in float32, whatever its order. A
    probability moves by at most n * 2**-24. Returns whether there was anything to correct.
    """
    forests = [node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier" and _is_average(node)]
    for node in forests:
        weights = _attribute(node, "class_weights")
        exact = np.floor(np.asarray(weights.floats, dtype=np.float64) * _GRID) / _GRID
        del weights.floats[:]
        weights.floats.extend(exact.tolist())
    return bool(forests)


def restore_missing(model: ModelProto, fitted: Any) -> bool:
    """Send missing values the way that each split learnt, which skl2onnx drops; whether there was anything to send.

    Its node numbers are scikit-learn's own, and its trees are in the order of the forest, in one node or one node each.
    """
    trees = [fitted] if isinstance(fitted, BaseDecisionTree) else list(members(fitted))
    if not trees or not all(isinstance(tree, BaseDecisionTree) for tree in trees):
        return False
    flags = [np.asarray(tree.tree_.missing_go_to_left, dtype=bool) & (tree.tree_.feature >= 0) for tree in trees]
    if not any(own.any() for own in flags):
        return False
    nodes = [node for node in model.graph.node if node.op_type in _ENSEMBLES]
    groups = [flags] if len(nodes) == 1 else [[own] for own in flags]
    if len(groups) != len(nodes):
        return False
    for node, own in zip(nodes, groups, strict=True):
        places = list(zip(_attribute(node, "nodes_treeids").ints, _attribute(node, "nodes_nodeids").ints, strict=True))
        if len(places) == sum(map(len, own)):
            _set_ints(node, "nodes_missing_value_tracks_true", [int(own[tree][number]) for tree, number in places])
    return True


def _is_average(node: NodeProto) -> bool:
    # Boosted trees add up scores of any sign and have no ties to keep; past this size the grid would break labels.
    transform = [attribute.s for attribute in node.attribute if attribute.name == "post_transform"]
    trees = set(_attribute(node, "nodes_treeids").ints)
    lowest = min(_attribute(node, "class_weights").floats)
    return transform in ([], [b"NONE"]) and len(trees) < _LARGEST_FOREST and lowest >= 0


def _attribute(node: NodeProto, name: str) -> AttributeProto:
    found: AttributeProto = next(attribute for attribute in node.attribute if attribute.name == name)
    return found


def _set_ints(node: NodeProto, name: str, values: list[int]) -> None:
    for attribute in [attribute for attribute in node.attribute if attribute.name == name]:
        node.attribute.remove(attribute)
    node.attribute.append(helper.make_attribute(name, values))
