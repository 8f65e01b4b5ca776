"""OneVsRestClassifier: one member for each class, or one for two; what each decides by is compared.

scikit-learn takes the first of several classes that are equally far on their side, and the second of two above the
border: zero for a decision function, a half for a probability.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.decisions import decision, probability
from slipway_training.export.pipeline_walk import Translation, as_labels

_HALF = 0.5


def one_vs_rest(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The label, and the members' probabilities over their sum where they have any."""
    if fitted.multilabel_ or not all(hasattr(member, "classes_") for member in fitted.estimators_):
        raise ConversionError(f"step {path}: OneVsRestClassifier has an exact form with one label a row only")
    add, constant = translation.assembly.add, translation.assembly.constant
    members = list(enumerate(fitted.estimators_))
    labels = constant(as_labels(fitted.classes_))
    found = [decision(translation, member, blocks, f"{path}.{number}") for number, member in members]
    if len(found) == 1:
        border = 0.0 if hasattr(fitted.estimators_[0], "decision_function") else _HALF
        is_second = add("Greater", [found[0], constant(np.array([border]))])
        place = add("Reshape", [add("Cast", [is_second], to=7), constant(np.array([-1]))])
    else:
        place = add("ArgMax", [add("Concat", found, axis=1)], axis=1, keepdims=0)
    label = add("Gather", [labels, place], axis=0)
    if not hasattr(fitted, "predict_proba"):
        return EstimatorOutput(label, None)
    shares = [probability(translation, member, blocks, f"{path}.{number}.shares") for number, member in members]
    if len(shares) == 1:
        return EstimatorOutput(
            label, add("Concat", [add("Sub", [constant(np.array([1.0])), shares[0]]), shares[0]], axis=1)
        )
    wide = add("Concat", shares, axis=1)
    total = add("ReduceSum", [wide, constant(np.array([1]))], keepdims=1)
    is_none = add("Equal", [total, constant(np.array([0.0]))])
    return EstimatorOutput(label, add("Div", [wide, add("Where", [is_none, constant(np.array([1.0])), total])]))
