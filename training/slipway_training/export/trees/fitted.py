"""The trees of fitted scikit-learn estimators as ensembles, with the leaf values that scikit-learn adds up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway_training.export.trees.ensemble import LEAF, Ensemble, Floats, Ints, concatenate
from slipway_training.export.trees.memberships import HALF, Memberships

_TWO = 2


def from_trees(trees: Sequence[Any]) -> Ensemble:
    """Trees of forests and single ones: each leaf adds its mean values, or its class shares that are not zero."""
    return concatenate(_from_tree(tree.tree_, _leaf_values(tree)) for tree in trees)


def _leaf_values(tree: Any) -> NDArray[np.float64]:
    """[nodes, targets of a regression] or [nodes, classes]."""
    value: NDArray[np.float64] = tree.tree_.value
    return value[:, :, 0] if tree.n_outputs_ > 1 else value[:, 0, :]


def from_bag(trees: Sequence[Any], features: Sequence[Any], classes: Any = None) -> Ensemble:
    """Trees that see some columns and may not know every class: each leaf adds what it does in a forest."""
    parts = []
    for tree, columns in zip(trees, features, strict=True):
        value = _leaf_values(tree)
        if classes is not None:
            known = np.searchsorted(classes, tree.classes_)
            value = np.zeros((len(value), len(classes)))
            value[:, known] = _leaf_values(tree)
        part = _from_tree(tree.tree_, value)
        parts.append(replace(part, feature=np.asarray(columns, dtype=np.int64)[part.feature]))
    return concatenate(parts)


def from_votes(trees: Sequence[Any], weights: Sequence[float], classes: Any) -> Ensemble:
    """Trees that vote (SAMME): each leaf adds the tree's weight to its class and takes it, shared, from the others.

    Of two classes only the second's sum is kept: the first's is the same with the other sign.
    """
    parts = []
    for tree, weight in zip(trees, weights, strict=True):
        best = tree.classes_.take(np.argmax(tree.tree_.value[:, 0, :], axis=1))
        value = np.where(best[:, np.newaxis] == classes, weight, -1 / (len(classes) - 1) * weight)
        parts.append(_from_tree(tree.tree_, value[:, 1:] if len(classes) == _TWO else value))
    return concatenate(parts)


def side_by_side(trees: Sequence[Any]) -> Ensemble:
    """Trees of one value each, every one with a target of its own."""
    parts = [_from_tree(tree.tree_, tree.tree_.value[:, 0, :]) for tree in trees]
    return concatenate([replace(part, target=part.target + number) for number, part in enumerate(parts)])


def from_stages(stages: NDArray[Any], learning_rate: float) -> Ensemble:
    """Trees of gradient boosting, [stages, targets]: each leaf adds its value times the learning rate."""
    parts = []
    for stage in stages:
        for target, tree in enumerate(stage):
            value = np.zeros((tree.tree_.node_count, len(stage)))
            value[:, target] = learning_rate * tree.tree_.value[:, 0, 0]
            parts.append(_from_tree(tree.tree_, value, target))
    return concatenate(parts)


def from_predictors(predictors: Sequence[Sequence[Any]], memberships: Memberships) -> Ensemble:
    """Trees of histogram gradient boosting, [stages][targets]; sets of categories are noted in `memberships`."""
    parts = []
    for stage in predictors:
        for target, predictor in enumerate(stage):
            nodes = predictor.nodes
            is_leaf = nodes["is_leaf"].astype(bool)
            leaves = np.flatnonzero(is_leaf)
            feature, threshold = _comparisons(predictor, memberships)
            parts.append(
                Ensemble(
                    tree=np.zeros(len(nodes), dtype=np.int64),
                    feature=feature,
                    threshold=threshold,
                    left=np.where(is_leaf, LEAF, nodes["left"].astype(np.int64)),
                    right=np.where(is_leaf, LEAF, nodes["right"].astype(np.int64)),
                    missing_left=~is_leaf & nodes["missing_go_to_left"].astype(bool),
                    leaf=leaves,
                    target=np.full(len(leaves), target),
                    weight=nodes["value"][leaves].astype(np.float64),
                )
            )
    return concatenate(parts)


def _comparisons(predictor: Any, memberships: Memberships) -> tuple[Ints, Floats]:
    """Which column each node compares with what; a set of categories is a column of its own."""
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"].astype(bool)
    feature = np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int64)
    threshold = np.where(is_leaf, 0.0, nodes["num_threshold"]).astype(np.float64)
    for number in np.flatnonzero(~is_leaf & nodes["is_categorical"].astype(bool)):
        words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][number]]
        bits = np.unpackbits(np.asarray(words, dtype="<u4").view(np.uint8), bitorder="little")
        members = frozenset(np.flatnonzero(bits).tolist())
        takes_unknown = bool(nodes["missing_go_to_left"][number])
        feature[number] = memberships.column(int(feature[number]), members, takes_unknown=takes_unknown)
        threshold[number] = HALF
    return feature, threshold


def _from_tree(tree: Any, value: NDArray[np.float64], only: int | None = None) -> Ensemble:
    """`value` is [nodes, targets]; `only` is the one target that leaves add to, even zero."""
    is_leaf = tree.children_left == LEAF
    leaves = np.flatnonzero(is_leaf)
    if only is None and value.shape[1] > 1:
        own, target = np.nonzero(value[leaves])
    else:
        own = np.arange(len(leaves))
        target = np.full(len(leaves), only or 0)
    return Ensemble(
        tree=np.zeros(tree.node_count, dtype=np.int32),
        feature=np.where(is_leaf, 0, tree.feature).astype(np.int32),
        threshold=np.where(is_leaf, 0.0, tree.threshold),
        left=tree.children_left.astype(np.int32),
        right=tree.children_right.astype(np.int32),
        missing_left=~is_leaf & np.asarray(tree.missing_go_to_left, dtype=bool),
        leaf=leaves[own].astype(np.int32),
        target=target.astype(np.int32),
        weight=value[leaves[own], target],
    )
