"""Building an ensemble node by node, for trees that come as nested dictionaries or lists of other libraries."""

from dataclasses import dataclass, field

import numpy as np

from slipway_training.export.trees.ensemble import LEAF, Ensemble


@dataclass(slots=True)
class Building:
    """The arrays of an Ensemble while they grow; children are set when they are known."""

    tree: list[int] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    missing_left: list[bool] = field(default_factory=list)
    leaf: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)

    def split(self, tree: int, feature: int, threshold: float, *, missing_left: bool) -> int:
        """A node that compares; returns its position."""
        self.tree.append(tree)
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.left.append(LEAF)
        self.right.append(LEAF)
        self.missing_left.append(missing_left)
        return len(self.tree) - 1

    def end(self, tree: int, *weights: tuple[int, float]) -> int:
        """A leaf with what it adds to which target; returns its position."""
        position = self.split(tree, 0, 0.0, missing_left=False)
        for target, weight in weights:
            self.leaf.append(position)
            self.target.append(target)
            self.weight.append(weight)
        return position

    def ensemble(self) -> Ensemble:
        """The arrays as they are now."""
        return Ensemble(
            tree=np.array(self.tree, dtype=np.int64),
            feature=np.array(self.feature, dtype=np.int64),
            threshold=np.array(self.threshold, dtype=np.float64),
            left=np.array(self.left, dtype=np.int64),
            right=np.array(self.right, dtype=np.int64),
            missing_left=np.array(self.missing_left, dtype=bool),
            leaf=np.array(self.leaf, dtype=np.int64),
            target=np.array(self.target, dtype=np.int64),
            weight=np.array(self.weight, dtype=np.float64),
        )
