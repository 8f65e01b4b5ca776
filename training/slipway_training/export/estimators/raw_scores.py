"""From trees to a prediction, for every library that boosts: the sum of the leaves, then the link of the objective."""

from typing import Any

import numpy as np

from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.linear import sided_label
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.centred import centred, with_constants
from slipway_training.export.trees.ensemble import Ensemble
from slipway_training.export.trees.exact_sums import exact_sums
from slipway_training.export.trees.placement import place
from slipway_training.export.trees.writing import add_trees

_TWO = 2


def summed(translation: Translation, ensemble: Ensemble, block: Block, targets: int, *, is_single: bool) -> str:
    """[rows, targets] in float64; `is_single` where the library casts to float32 before it compares."""
    constants = None
    if translation.keeps_digits:
        ensemble, constants = centred(ensemble, targets)
    wire, placed = place(ensemble, block, is_single=is_single)
    (value,) = add_trees(translation.assembly, "TreeEnsembleRegressor", wire, placed, n_targets=targets)
    return translation.double(value) if constants is None else with_constants(translation.assembly, value, constants)


def summed_exactly(translation: Translation, ensemble: Ensemble, block: Block, targets: int) -> str:
    """The same to nearly the last place, of a library that compares in float64."""
    wire, placed = place(ensemble, block, is_single=False)
    return exact_sums(translation.assembly, wire, placed, targets)


def linked(translation: Translation, fitted: Any, raw: str, link: str = "") -> EstimatorOutput:
    """A regressor's value through its link, or the label on the side of zero and the probabilities."""
    add, constant = translation.assembly.add, translation.assembly.constant
    if not hasattr(fitted, "classes_") or not len(fitted.classes_):
        return EstimatorOutput(None, add(link, [raw]) if link else raw)
    label = sided_label(translation, raw, fitted.classes_)
    if len(fitted.classes_) > _TWO:
        return EstimatorOutput(label, add("Softmax", [raw], axis=1))
    second = add("Sigmoid", [raw])
    return EstimatorOutput(label, add("Concat", [add("Sub", [constant(np.array([1.0])), second]), second], axis=1))
