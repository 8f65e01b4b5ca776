"""Ensemble: decision trees as parallel arrays, the one form between a fitted estimator and a node of a graph.

A row goes to `left` where its column is at or below the threshold (below it, with `is_strict`), or where it is missing
and `missing_left` is set. Nodes of one tree are neighbours and its root comes first; children are positions in the
arrays. A leaf adds its weights to their targets.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger[Any]]
"""Of 32 bits in the trees of large forests, where each of a node's numbers counts."""
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

    def part(self, start: int, end: int) -> "Ensemble":
        """The trees from one number to before another."""
        first, last = self.starts[[start, end]].tolist()
        weights = (self.leaf >= first) & (self.leaf < last)

        def moved(children: Ints) -> Ints:
            own = children[first:last]
            return np.where(own == LEAF, LEAF, own - first)

        return replace(
            self,
            tree=self.tree[first:last] - start,
            feature=self.feature[first:last],
            threshold=self.threshold[first:last],
            left=moved(self.left),
            right=moved(self.right),
            missing_left=self.missing_left[first:last],
            leaf=self.leaf[weights] - first,
            target=self.target[weights],
            weight=self.weight[weights],
        )

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


def concatenate(parts: Iterable[Ensemble]) -> Ensemble:
    """Ensembles one after the other as one; of parts that nobody else holds, each array is let go when it is copied."""
    given = list(parts)
    sizes, is_strict = [len(part) for part in given], given[0].is_strict
    nodes, trees = np.cumsum([0, *sizes]).tolist(), np.cumsum([0, *(part.trees for part in given)]).tolist()
    arrays = {
        one.name: [getattr(part, one.name) for part in given] for one in fields(Ensemble) if one.name != "is_strict"
    }
    del given, parts
    offsets = {"tree": trees, "leaf": nodes, "left": nodes, "right": nodes}

    def moved(name: str) -> Any:
        own = arrays.pop(name)
        if name not in offsets:
            return np.concatenate(own)
        each = zip(own, offsets[name][:-1], strict=True)
        return np.concatenate([np.where(numbers == LEAF, LEAF, numbers + offset) for numbers, offset in each])

    return Ensemble(**{name: moved(name) for name in list(arrays)}, is_strict=is_strict)
