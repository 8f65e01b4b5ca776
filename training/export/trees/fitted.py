"""The trees of fitted scikit-learn estimators as ensembles, with the leaf values that scikit-learn adds up."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.export.trees.ensemble import LEAF, Ensemble, concatenate


def from_trees(trees: Sequence[Any]) -> Ensemble:
    """Trees of forests and single ones: each leaf adds its mean values, or its class shares that are not zero."""
    return concatenate([_from_tree(tree.tree_, tree.tree_.value[:, 0, :]) for tree in trees])


def from_stages(stages: NDArray[Any], learning_rate: float) -> Ensemble:
    """Trees of gradient boosting, [stages, targets]: each leaf adds its value times the learning rate."""
    parts = []
    for stage in stages:
        for target, tree in enumerate(stage):
            value = np.zeros((tree.tree_.node_count, len(stage)))
            value[:, target] = learning_rate * tree.tree_.value[:, 0, 0]
            parts.append(_from_tree(tree.tree_, value, target))
    return concatenate(parts)


def from_predictors(predictors: Sequence[Sequence[Any]]) -> Ensemble:
    """Trees of histogram gradient boosting, [stages][targets]."""
    parts = []
    for stage in predictors:
        for target, predictor in enumerate(stage):
            nodes = predictor.nodes
            is_leaf = nodes["is_leaf"].astype(bool)
            leaves = np.flatnonzero(is_leaf)
            parts.append(
                Ensemble(
                    tree=np.zeros(len(nodes), dtype=np.int64),
                    feature=np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int64),
                    threshold=np.where(is_leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
                    left=np.where(is_leaf, LEAF, nodes["left"].astype(np.int64)),
                    right=np.where(is_leaf, LEAF, nodes["right"].astype(np.int64)),
                    missing_left=~is_leaf & nodes["missing_go_to_left"].astype(bool),
                    leaf=leaves,
                    target=np.full(len(leaves), target),
                    weight=nodes["value"][leaves].astype(np.float64),
                )
            )
    return concatenate(parts)


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
        tree=np.zeros(tree.node_count, dtype=np.int64),
        feature=np.where(is_leaf, 0, tree.feature).astype(np.int64),
        threshold=np.where(is_leaf, 0.0, tree.threshold),
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        missing_left=~is_leaf & np.asarray(tree.missing_go_to_left, dtype=bool),
        leaf=leaves[own],
        target=target.astype(np.int64),
        weight=value[leaves[own], target],
    )
