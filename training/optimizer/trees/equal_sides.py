"""A split whose sides are equal leaves is a leaf."""

from dataclasses import replace

import numpy as np

from training.export.trees.ensemble import LEAF, Ensemble, Ints
from training.optimizer.trees.shared_leaves import leaf_kinds


def collapsed(ensemble: Ensemble) -> Ensemble:
    """The ensemble without such splits, from the bottom up; what no root leads to any more is left out."""
    kind = leaf_kinds(ensemble)
    left, right = ensemble.left.copy(), ensemble.right.copy()
    stands_for = np.arange(len(ensemble))
    while True:
        splits = np.flatnonzero(left != LEAF)
        left[splits], right[splits] = stands_for[left[splits]], stands_for[right[splits]]
        are_leaves = (left[left[splits]] == LEAF) & (left[right[splits]] == LEAF)
        gone = splits[are_leaves & (kind[left[splits]] == kind[right[splits]])]
        if not len(gone):
            break
        stands_for[gone] = left[gone]
        left[gone] = right[gone] = LEAF
    return _reached(replace(ensemble, left=left, right=right), stands_for)


def _reached(ensemble: Ensemble, stands_for: Ints) -> Ensemble:
    """Only the nodes that a root leads to, in their order; a root that became a leaf is the leaf it stands for."""
    roots = ensemble.starts[:-1]
    is_reached = np.zeros(len(ensemble), dtype=bool)
    front = stands_for[roots]
    while len(front):
        is_reached[front] = True
        splits = front[ensemble.left[front] != LEAF]
        front = np.unique(np.concatenate([ensemble.left[splits], ensemble.right[splits]]))
    kept = np.flatnonzero(is_reached)
    place = np.full(len(ensemble), LEAF, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    weights = is_reached[ensemble.leaf]

    def moved(children: Ints) -> Ints:
        return np.where(children[kept] == LEAF, LEAF, place[children[kept]])

    return replace(
        ensemble,
        tree=ensemble.tree[kept],
        feature=np.where(ensemble.left[kept] == LEAF, 0, ensemble.feature[kept]),
        threshold=np.where(ensemble.left[kept] == LEAF, 0.0, ensemble.threshold[kept]),
        left=moved(ensemble.left),
        right=moved(ensemble.right),
        missing_left=ensemble.missing_left[kept] & (ensemble.left[kept] != LEAF),
        leaf=place[ensemble.leaf[weights]],
        target=ensemble.target[weights],
        weight=ensemble.weight[weights],
    )
