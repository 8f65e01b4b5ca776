"""Minimum-sample pruning: a subtree that fewer than `min_samples` training rows reached becomes one leaf.

The leaf holds the mean of the leaves it stands for, weighted by the rows that each saw. A graph does not say how many
that were, so training rows are sent through its trees and counted. This is another model, as if it had been grown with
a larger `min_samples_split`; nothing is guaranteed of single predictions, the score decides (reduced trees without a
refit: Breiman et al., "Classification and Regression Trees", 1984, section 3).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take
from slipway_training.export.trees.attributes import precision
from slipway_training.export.trees.ensemble import LEAF, Ensemble, Floats, Ints
from slipway_training.optimizer.passes import Material, NotApplicable, Rewritten, copy
from slipway_training.optimizer.trees.equal_sides import collapsed
from slipway_training.optimizer.trees.nodes import ensembles, opened, put
from slipway_training.optimizer.trees.shared_leaves import shared

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows went to each side of every node; nothing goes on from a leaf."""

    left: Ints
    right: Ints

    @property
    def total(self) -> Ints:
        """How many rows reached each split."""
        return self.left + self.right


def prune(model: ModelProto, material: Material) -> Rewritten:
    """Smaller trees; raises NotApplicable where no subtree saw so few rows, or all of them did."""
    own = opened(model)
    found = list(ensembles(own))
    if not found:
        raise NotApplicable("the graph has no trees of the usual form")
    rows = len(next(iter(material.rows.values())))
    if rows < material.min_samples:
        raise NotApplicable(f"there are {rows} rows to count with, and optimize.min_samples is {material.min_samples}")
    before = after = 0
    for node, ensemble in found:
        counts = count(ensemble, values_of(model, node, material))
        smaller = shared(collapsed(pruned(ensemble, counts, material.min_samples)))
        before, after = before + len(ensemble.splits), after + len(smaller.splits)
        put(node, smaller, precision(node))
    if before == after:
        raise NotApplicable(f"every subtree saw at least {material.min_samples} of the {rows} training rows")
    return Rewritten(own)


def values_of(model: ModelProto, node: NodeProto, material: Material) -> Tensor:
    """What the trees of a node are given for the training rows: [rows, columns]."""
    wire = node.input[0]
    if wire in material.rows:
        return material.rows[wire]
    part = copy(model)
    del part.graph.output[:]
    kind = TensorProto.DOUBLE if precision(node) == np.float64 else TensorProto.FLOAT
    part.graph.output.append(helper.make_tensor_value_info(wire, kind, None))
    session = OnnxSession(part.SerializeToString())
    rows = len(next(iter(material.rows.values())))
    starts = range(0, rows, _BATCH)
    return np.concatenate([session.run(take(material.rows, slice(s, s + _BATCH)))[0] for s in starts])


def count(ensemble: Ensemble, values: Tensor) -> Counts:
    """Send every row through every tree."""
    left, right = np.zeros(len(ensemble), dtype=np.int64), np.zeros(len(ensemble), dtype=np.int64)
    roots = ensemble.starts[:-1]
    for start in range(0, len(values), _BATCH):
        batch = np.asarray(values[start : start + _BATCH], dtype=np.float64)
        row, place = (flat.ravel() for flat in np.meshgrid(np.arange(len(batch)), roots, indexing="ij"))
        while len(place):
            goes_on = ensemble.left[place] != LEAF
            row, place = row[goes_on], place[goes_on]
            is_left = _goes_left(ensemble, place, batch[row, ensemble.feature[place]])
            left += np.bincount(place[is_left], minlength=len(ensemble))
            right += np.bincount(place[~is_left], minlength=len(ensemble))
            place = np.where(is_left, ensemble.left[place], ensemble.right[place])
    return Counts(left, right)


def leaf_counts(ensemble: Ensemble, values: Tensor) -> Ints:
    """How many rows ended at each node: all that reached it where it is a leaf, none where it is a split."""
    counts = count(ensemble, values)
    reached = np.zeros(len(ensemble), dtype=np.int64)
    reached[ensemble.starts[:-1]] = len(values)
    splits = ensemble.splits
    np.add.at(reached, ensemble.left[splits], counts.left[splits])
    np.add.at(reached, ensemble.right[splits], counts.right[splits])
    reached[splits] = 0
    return reached


def pruned(ensemble: Ensemble, counts: Counts, min_samples: int) -> Ensemble:
    """With leaves in the place of subtrees that saw too few rows; what they were made of stays, out of reach."""
    is_small = (ensemble.left != LEAF) & (counts.total < min_samples)
    is_small[ensemble.starts[:-1]] = False  # a tree keeps its first split
    means = _means(ensemble, counts)[is_small]
    new = np.flatnonzero(is_small)
    is_said = means != 0
    is_said[~is_said.any(axis=1), 0] = True  # a leaf has at least one weight
    leaf, target = np.nonzero(is_said)
    return replace(
        ensemble,
        left=np.where(is_small, LEAF, ensemble.left),
        right=np.where(is_small, LEAF, ensemble.right),
        leaf=np.concatenate([ensemble.leaf, new[leaf]]),
        target=np.concatenate([ensemble.target, target]),
        weight=np.concatenate([ensemble.weight, means[leaf, target]]),
    )


def _goes_left(ensemble: Ensemble, place: Ints, values: Floats) -> NDArray[np.bool_]:
    threshold = ensemble.threshold[place]
    below = values < threshold if ensemble.is_strict else values <= threshold
    return np.asarray(np.where(np.isnan(values), ensemble.missing_left[place], below), dtype=np.bool_)


def _means(ensemble: Ensemble, counts: Counts) -> Floats:
    """What each node would say as a leaf: [nodes, targets]. Where no row came by, both sides weigh alike."""
    means = np.zeros((len(ensemble), int(ensemble.target.max()) + 1))
    np.add.at(means, (ensemble.leaf, ensemble.target), ensemble.weight)
    for splits in _deepest_first(ensemble):
        sides = np.stack([counts.left[splits], counts.right[splits]]).astype(np.float64)
        sides[:, sides.sum(axis=0) == 0] = 1.0
        left, right = (sides / sides.sum(axis=0))[:, :, np.newaxis]
        means[splits] = left * means[ensemble.left[splits]] + right * means[ensemble.right[splits]]
    return means


def _deepest_first(ensemble: Ensemble) -> list[Ints]:
    """The splits level by level, those farthest from the roots first."""
    levels = []
    front = ensemble.starts[:-1]
    while len(front := front[ensemble.left[front] != LEAF]):
        levels.append(front)
        front = np.concatenate([ensemble.left[front], ensemble.right[front]])
    return levels[::-1]
