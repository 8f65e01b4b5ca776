"""A split whose sides are equal leaves is a leaf."""

from dataclasses import replace

import numpy as np

from slipway_training.export.trees.ensemble import LEAF, Ensemble, Ints
from slipway_training.export.trees.leaf_kinds import leaf_kinds


def collapsed(ensemble: Ensemble) -> Ensemble:
    """The ensemble without such splits, from the bottom up; what no root leads to any more is left out.

    A split becomes a leaf of its own where it stands: a leaf that several branches share may not be led to from any.
    """
    kind = leaf_kinds(ensemble)
    left, right = ensemble.left.copy(), ensemble.right.copy()
    says = np.arange(len(ensemble))
    while True:
        splits = np.flatnonzero(left != LEAF)
        are_leaves = (left[left[splits]] == LEAF) & (left[right[splits]] == LEAF)
        gone = splits[are_leaves & (kind[left[splits]] == kind[right[splits]])]
        if not len(gone):
            break
        kind[gone], says[gone] = kind[left[gone]], says[left[gone]]
        left[gone] = right[gone] = LEAF
    new = np.flatnonzero(says != np.arange(len(ensemble)))
    owner, weight = _weights_of(ensemble, says[new])
    return _reached(
        replace(
            ensemble,
            left=left,
            right=right,
            leaf=np.concatenate([ensemble.leaf, new[owner]]),
            target=np.concatenate([ensemble.target, ensemble.target[weight]]),
            weight=np.concatenate([ensemble.weight, ensemble.weight[weight]]),
        )
    )


def _weights_of(ensemble: Ensemble, leaves: Ints) -> tuple[Ints, Ints]:
    """The positions of all weights of some leaves, each with which of the leaves it belongs to."""
    order = np.argsort(ensemble.leaf, kind="stable")
    first = np.searchsorted(ensemble.leaf[order], leaves)
    counts = np.bincount(ensemble.leaf, minlength=len(ensemble))[leaves]
    owner = np.repeat(np.arange(len(leaves)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, order[first[owner] + within]


def _reached(ensemble: Ensemble) -> Ensemble:
    """Only the nodes that a root leads to, in their order."""
    is_reached = np.zeros(len(ensemble), dtype=bool)
    front = ensemble.starts[:-1]
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
