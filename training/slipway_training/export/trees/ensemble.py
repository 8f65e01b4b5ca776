"""Ensemble: decision trees as parallel arrays, the one form between a fitted estimator and a node of a graph.

A row goes to `left` where its column is at or below the threshold (below it, with `is_strict`), or where it is missing
and `missing_left` is set. Nodes of one tree are neighbours and its root comes first; children are positions in the
arrays. A leaf adds its weights to their targets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LEAF = -1
"""What stands for a child where there is none."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """One entry per node, then one per weight of a leaf; all thresholds and weights are float64."""

    tree: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: Flags
    leaf: Ints
    target: Ints
    weight: Floats
    is_strict: bool = False

    def __len__(self) -> int:
        return len(self.tree)

    @property
    def trees(self) -> int:
        """How many trees there are."""
        return int(self.tree[-1]) + 1 if len(self) else 0

    @property
    def splits(self) -> Ints:
        """Positions of the nodes that compare."""
        return np.flatnonzero(self.left != LEAF)

    @property
    def starts(self) -> Ints:
        """Position of each tree's root, and the number of nodes at the end."""
        return np.searchsorted(self.tree, np.arange(self.trees + 1))

    def with_first_tree_raised(self, start: Floats) -> "Ensemble":
        """The values that a sum begins with, one per target, added to the first tree of each target.

        In float64 this is the first step of scikit-learn's own sum, so what follows stays the same to the last bit.
        """
        owner = self.tree[self.leaf]
        firsts = [owner[self.target == target].min(initial=self.trees) for target in range(len(start))]
        is_first = owner == np.array(firsts)[self.target]
        return replace(self, weight=np.where(is_first, start[self.target] + self.weight, self.weight))


def single_leaf(weight: float, target: int = 0) -> Ensemble:
    """A tree of one leaf, which adds the same to every row."""
    none, children = np.zeros(1, dtype=np.int64), np.full(1, LEAF)
    flags = np.zeros(1, dtype=bool)
    return Ensemble(none, none, np.zeros(1), children, children, flags, none, none + target, np.array([weight]))


def concatenate(parts: Sequence[Ensemble]) -> Ensemble:
    """Ensembles one after the other as one."""
    nodes = np.cumsum([0, *map(len, parts)])
    trees = np.cumsum([0, *(part.trees for part in parts)])

    def moved(children: Ints, offset: int) -> Ints:
        return np.where(children == LEAF, LEAF, children + offset)

    each = list(zip(parts, nodes[:-1].tolist(), trees[:-1].tolist(), strict=True))
    return Ensemble(
        tree=np.concatenate([part.tree + first for part, _, first in each]),
        feature=np.concatenate([part.feature for part in parts]),
        threshold=np.concatenate([part.threshold for part in parts]),
        left=np.concatenate([moved(part.left, offset) for part, offset, _ in each]),
        right=np.concatenate([moved(part.right, offset) for part, offset, _ in each]),
        missing_left=np.concatenate([part.missing_left for part in parts]),
        leaf=np.concatenate([part.leaf + offset for part, offset, _ in each]),
        target=np.concatenate([part.target for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
        is_strict=parts[0].is_strict,
    )
