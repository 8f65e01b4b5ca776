"""Which leaves of an ensemble are alike."""

import numpy as np

from slipway_training.export.trees.ensemble import Ensemble, Floats, Ints


def leaf_kinds(ensemble: Ensemble) -> Ints:
    """A number for each node; leaves with the same weights, to the bit, for the same targets have the same one."""
    found = np.zeros(len(ensemble), dtype=np.int64)
    order = np.lexsort((ensemble.target, ensemble.leaf))
    leaves, starts, counts = np.unique(ensemble.leaf[order], return_index=True, return_counts=True)
    target, bits = ensemble.target[order], _bits(ensemble.weight)[order]
    known = 0
    for count in np.unique(counts):
        own = np.flatnonzero(counts == count)
        places = starts[own, np.newaxis] + np.arange(count)
        says = np.column_stack([target[places], bits[places]])
        _, kinds = np.unique(says, axis=0, return_inverse=True) if count > 1 else _pairs(says)
        found[leaves[own]] = known + np.ravel(kinds)
        known += int(kinds.max()) + 1
    return found


def _bits(weights: Floats) -> Ints:
    return np.ascontiguousarray(weights, dtype=np.float64).view(np.int64)


def _pairs(says: Ints) -> tuple[Ints, Ints]:
    """What `np.unique` gives for rows of two numbers, in the time of sorting each of them alone."""
    targets, target = np.unique(says[:, 0], return_inverse=True)
    weights, weight = np.unique(says[:, 1], return_inverse=True)
    return np.unique(target * len(weights) + weight, return_inverse=True) if len(targets) > 1 else (weights, weight)
