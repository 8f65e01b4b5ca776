"""AdaBoost: weighted votes of its members (SAMME), or the weighted median of their values.

The votes of trees are leaves of one node in float64 whose sums are scikit-learn's, so ties stay ties and scalers are
folded into the thresholds. A median is found as scikit-learn finds it: values in order, their weights added up, the
first at which half of all weight is reached.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.tree import BaseDecisionTree

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.forests import largest_sum
from slipway_training.export.estimators.linear import sided_label
from slipway_training.export.estimators.raw_scores import summed
from slipway_training.export.estimators.votes import is_voted
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.fitted import from_votes, side_by_side

_TWO = 2


def adaboost_classifier(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The class with the largest sum of votes, the second of two above zero; probabilities are their softmax."""
    add, constant = translation.assembly.add, translation.assembly.constant
    count = len(fitted.classes_)
    if count > _TWO and _are_trees(fitted):
        what = f"step {path}: {type(fitted).__name__}"
        block = translation.numbers(join(translation.assembly, blocks, what), fitted, path)
        output = largest_sum(translation, _ensemble(fitted), block, fitted.classes_, _weight(fitted))
        label, decision = str(output.label), translation.double(str(output.numbers))
    else:
        decision = adaboost_decision(translation, fitted, blocks, path)
        label = sided_label(translation, decision, fitted.classes_)
    if count == _TWO:
        half = add("Div", [decision, constant(np.array([2.0]))])
        sides = add("Concat", [add("Neg", [half]), half], axis=1)
    else:
        sides = add("Div", [decision, constant(np.array([count - 1.0]))])
    return EstimatorOutput(label, add("Softmax", [sides], axis=1))


def adaboost_decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The sums of the votes over all weight, [rows, classes], or twice the second's, [rows, 1], for two classes."""
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    count = len(fitted.classes_)
    if count < _TWO:
        raise ConversionError(f"step {path}: {type(fitted).__name__} knows one class only; fit it on two at least")
    if _are_trees(fitted):
        block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
        total = summed(translation, _ensemble(fitted), block, 1 if count == _TWO else count, is_single=True)
    else:
        total = _votes(translation, fitted, blocks, path)
    scale = _weight(fitted)
    decision = add("Div", [total, constant(np.array([scale]))])
    return add("Add", [decision, decision]) if count == _TWO else decision


def adaboost_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The weighted median of the members' values."""
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    members = fitted.estimators_
    if _are_trees(fitted):
        block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
        values = summed(translation, side_by_side(members), block, len(members), is_single=True)
    else:
        found = [translation.output(member, list(blocks), f"{path}.{number}") for number, member in enumerate(members)]
        columns = [translation.double(str(own.numbers), is_double=own.is_double) for own in found]
        flat = [add("Reshape", [column, constant(np.array([-1, 1]))]) for column in columns]
        values = add("Concat", flat, axis=1)
    count = constant(np.array([len(members)]))
    ordered, order = assembly.add_many("TopK", [values, count], 2, axis=1, largest=0, sorted=1)
    weights = constant(np.asarray(fitted.estimator_weights_[: len(members)], dtype=np.float64))
    passed = add("CumSum", [add("Gather", [weights, order], axis=0), constant(np.array(1))])
    last = add("Gather", [passed, constant(np.array([len(members) - 1]))], axis=1)
    is_half = add("GreaterOrEqual", [passed, add("Mul", [last, constant(np.array([0.5]))])])
    place = add("ArgMax", [add("Cast", [is_half], to=TensorProto.INT32)], axis=1, keepdims=1)
    return EstimatorOutput(None, add("GatherElements", [ordered, place], axis=1))


def _votes(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The sums [rows, classes], or [rows, 1] for two, member after member."""
    add, constant = translation.assembly.add, translation.assembly.constant
    classes = fitted.classes_
    total = ""
    for number, (member, weight) in enumerate(zip(fitted.estimators_, fitted.estimator_weights_, strict=False)):
        label = translation.output(member, list(blocks), f"{path}.{number}").label
        voted = is_voted(translation.assembly, str(label), classes)
        against = constant(np.array([[-1 / (len(classes) - 1) * weight]]))
        own = add("Where", [voted, constant(np.array([[weight]])), against])
        total = add("Add", [total, own]) if total else own
    return add("Gather", [total, constant(np.array([1]))], axis=1) if len(classes) == _TWO else total


def _ensemble(fitted: Any) -> Any:
    return from_votes(fitted.estimators_, fitted.estimator_weights_[: len(fitted.estimators_)], fitted.classes_)


def _weight(fitted: Any) -> float:
    return float(fitted.estimator_weights_.sum())


def _are_trees(fitted: Any) -> bool:
    return all(isinstance(member, BaseDecisionTree) for member in fitted.estimators_)
