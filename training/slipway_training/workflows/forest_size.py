"""How large a forest a draft proposes: by the rows, so that its training and publishing end in minutes.

Fully grown trees have about as many nodes as there are rows, each, and the last of them learn the noise of single rows.
"""

import math
from dataclasses import dataclass

_NODES = 200_000
"""Of all trees together: a file of some megabytes, loaded in a tenth of a second."""

_MANY_TREES = 200
_FEWER_TREES = {5_000: 100, 200_000: 50}
"""Beyond so many rows: a tree of more rows is steadier by itself, and takes longer to fit."""

_LEARNT = 0.8
"""Of the rows, what a split leaves to learn from."""

_DRAWN = 1 - math.exp(-1)
"""Of these, how many different ones a bootstrap sample holds."""

_FILLING = 1.5
"""Rows in a leaf over the least that it may hold, as they come out."""


@dataclass(frozen=True, slots=True)
class ForestSize:
    """Parameters of a forest and its nodes, about."""

    rows: int
    trees: int
    leaf: int
    depth: int | None

    @property
    def nodes(self) -> int:
        """About."""
        return _nodes(self.rows, self.trees, self.leaf)

    @property
    def parameters(self) -> dict[str, int]:
        """By scikit-learn's names."""
        grown = {} if self.depth is None else {"min_samples_leaf": self.leaf, "max_depth": self.depth}
        return {"n_estimators": self.trees, **grown, "random_state": 0}

    @property
    def reasons(self) -> list[str]:
        """Sentences for the draft."""
        if self.depth is None:
            return [f"{self.rows:,} rows are few enough for {self.trees} trees that are fully grown."]
        own, whole = _rounded(self.nodes), _rounded(_nodes(self.rows, _MANY_TREES, 1))
        return [
            f"{self.rows:,} rows: {self.trees} trees with {self.leaf} rows or more in a leaf have about {own} nodes,",
            f"which is some megabytes; {_MANY_TREES} fully grown ones would have up to {whole}.",
            f"max_depth = {self.depth} is twice what evenly split trees need, and bounds what a prediction takes.",
        ]


def forest_size(rows: int) -> ForestSize:
    """For a table of so many rows."""
    trees = min((trees for beyond, trees in _FEWER_TREES.items() if rows > beyond), default=_MANY_TREES)
    leaf = math.ceil(_nodes(rows, trees, 1) / _FILLING / _NODES)
    if leaf <= 1:
        return ForestSize(rows, trees, 1, None)
    return ForestSize(rows, trees, leaf, 2 * math.ceil(math.log2(rows / leaf)))


def _nodes(rows: int, trees: int, leaf: int) -> int:
    """A tree of n leaves has 2 n - 1 nodes."""
    filling = leaf * _FILLING if leaf > 1 else 1
    return round(trees * 2 * rows * _LEARNT * _DRAWN / filling)


def _rounded(count: int) -> str:
    """Two digits say enough."""
    digits = max(0, len(str(count)) - 2)
    return f"{round(count, -digits):,}"
