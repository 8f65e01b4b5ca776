"""Decision trees and forests of them, with the very sums of scikit-learn: float64, tree after tree.

    rows in float64 -> leaf shares added up -> label of the largest sum; sums / trees = probabilities

The label is taken from the sums, so exact ties between trees stay ties and go to the first class, as argmax does. Two
classes are written as three, of which the last never scores: with two, onnxruntime compares one sum with 0.5, which the
order of rounding can pass on either side. Run on several threads, 80 trees and more are added up in another order on
small batches, and sums that are equal but for their last bits may then differ, as they do under `n_jobs`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.pipeline_walk import Translation, as_labels
from slipway_training.export.trees.centred import centred, with_constants
from slipway_training.export.trees.ensemble import Ensemble, concatenate, single_leaf
from slipway_training.export.trees.exact_sums import exact_sums
from slipway_training.export.trees.fitted import from_trees
from slipway_training.export.trees.placement import place
from slipway_training.export.trees.writing import add_trees

FORESTS = (DecisionTreeClassifier, ExtraTreeClassifier, ExtraTreesClassifier, RandomForestClassifier)
_FEWEST_SCORES = 3


def forest_classifier(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The class with the largest mean share."""
    block = translation.numbers(
        join(translation.assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path
    )
    trees = _trees(fitted)
    return largest_sum(translation, from_trees(trees), block, fitted.classes_, len(trees))


def forest_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The mean of the trees' values."""
    block = translation.numbers(
        join(translation.assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path
    )
    trees = _trees(fitted)
    return mean_value(translation, from_trees(trees), block, trees[0].n_outputs_)


def exact_shares(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The mean shares [rows, classes], in float64 to nearly its last place."""
    what = f"step {path}: {type(fitted).__name__}"
    block = translation.numbers(join(translation.assembly, blocks, what), fitted, path)
    trees = _trees(fitted)
    wire, placed = place(from_trees(trees), block, is_single=True)
    sums = exact_sums(translation.assembly, wire, placed, len(fitted.classes_))
    return translation.assembly.add("Div", [sums, translation.assembly.constant(np.array([float(len(trees))]))])


def reaches(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str, positive: int, threshold: float
) -> str:
    """[rows] of booleans: whether the mean share of a class reaches a threshold, decided on the float64 sums.

    The sum competes with a tree of one leaf that holds the smallest sum that is enough, and wins ties.
    """
    what = f"step {path}: {type(fitted).__name__}"
    block = translation.numbers(join(translation.assembly, blocks, what), fitted, path)
    trees = _trees(fitted)
    shares = from_trees(trees)
    own = shares.target == positive
    sums = replace(shares, leaf=shares.leaf[own], target=np.zeros(own.sum(), dtype=np.int64), weight=shares.weight[own])
    enough = single_leaf(_smallest(threshold, len(trees)), 1)
    whole = concatenate([single_leaf(0.0), sums, enough])
    label = largest_sum(translation, whole, block, np.array([1, 0]), 1).label
    return translation.assembly.add("Cast", [str(label)], to=TensorProto.BOOL)


def _smallest(threshold: float, count: int) -> float:
    """The smallest float64 that is at least the threshold when it is divided."""
    found = threshold * count
    while found / count >= threshold:
        found = float(np.nextafter(found, -np.inf))
    while found / count < threshold:
        found = float(np.nextafter(found, np.inf))
    return found


def largest_sum(
    translation: Translation, ensemble: Ensemble, block: Block, classes: Any, divisor: float
) -> EstimatorOutput:
    """The class whose leaves add up to the most, and the sums [rows, classes] over the divisor, in float32."""
    assembly = translation.assembly
    wire, placed = place(ensemble, block, is_single=True)
    labels = as_labels(classes)
    count = len(labels)
    padded = [*labels.tolist(), *labels[:1].tolist() * max(_FEWEST_SCORES - count, 0)]
    kind = "classlabels_strings" if labels.dtype.kind in "UO" else "classlabels_int64s"
    label, scores = add_trees(assembly, "TreeEnsembleClassifier", wire, placed, 2, **{kind: padded})
    if len(padded) > count:
        scores = assembly.add("Gather", [scores, assembly.constant(np.arange(count))], axis=1)
    if divisor != 1:
        scores = assembly.add("Div", [scores, assembly.constant(np.array([divisor], dtype=np.float32))])
    return EstimatorOutput(label, scores, is_double=False)


def mean_value(translation: Translation, ensemble: Ensemble, block: Block, targets: int) -> EstimatorOutput:
    """The sums of the leaves over the number of trees, [rows, targets]; in float32 save where digits would be lost."""
    constants = None
    if translation.keeps_digits:
        ensemble, constants = centred(ensemble, targets, is_mean=True)
    wire, placed = place(ensemble, block, is_single=True)
    (value,) = add_trees(
        translation.assembly, "TreeEnsembleRegressor", wire, placed, n_targets=targets, aggregate_function="AVERAGE"
    )
    if constants is not None:
        return EstimatorOutput(None, with_constants(translation.assembly, value, constants))
    return EstimatorOutput(None, value, is_double=False)


def _trees(fitted: Any) -> list[Any]:
    return list(fitted.estimators_) if hasattr(fitted, "estimators_") else [fitted]
