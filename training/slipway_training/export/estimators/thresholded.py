"""Classifiers with a decision threshold of their own: it goes into the graph, so that every endpoint agrees on it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import TunedThresholdClassifierCV

from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.decisions import decision
from slipway_training.export.estimators.forests import FORESTS, reaches
from slipway_training.export.pipeline_walk import Translation, as_labels


def thresholded(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The inner classifier's probabilities, and the label by the threshold."""
    add, constant = translation.assembly.add, translation.assembly.constant
    inner = getattr(fitted, "estimator_", fitted.estimator)
    output = translation.output(inner, list(blocks), f"{path}.estimator")
    classes = list(fitted.classes_)
    positive = 1 if (wanted := _positive(fitted)) is None else classes.index(wanted)
    threshold, uses_probability = _threshold(fitted, inner)
    if uses_probability and isinstance(inner, FORESTS):
        is_above = reaches(translation, inner, blocks, f"{path}.shares", positive, threshold)
    elif uses_probability:
        # Numbers that were rounded to float32 are compared with what the threshold becomes there.
        bound = np.array([threshold], dtype=np.float64 if output.is_double else np.float32)
        score = add("Gather", [str(output.numbers), constant(np.array(positive))], axis=1)
        is_above = add("GreaterOrEqual", [score, constant(bound)])
    else:
        column = add(
            "Gather", [decision(translation, inner, blocks, f"{path}.decision"), constant(np.array(0))], axis=1
        )
        score = column if positive == 1 else add("Neg", [column])
        is_above = add("GreaterOrEqual", [score, constant(np.array([threshold]))])
    labels = as_labels(classes)
    label = add("Where", [is_above, constant(labels[[positive]]), constant(labels[[1 - positive]])])
    return EstimatorOutput(label, output.numbers, output.is_double)


def _positive(fitted: Any) -> Any:
    if isinstance(fitted, TunedThresholdClassifierCV):
        return fitted._curve_scorer._get_pos_label()  # noqa: SLF001  # as its own predict asks
    return fitted.pos_label


def _threshold(fitted: Any, inner: Any) -> tuple[float, bool]:
    has_probability = hasattr(inner, "predict_proba")
    uses_probability = fitted.response_method == "predict_proba" or (
        fitted.response_method == "auto" and has_probability
    )
    if isinstance(fitted, TunedThresholdClassifierCV):
        return float(fitted.best_threshold_), uses_probability
    default = 0.5 if uses_probability else 0.0
    return (default if fitted.threshold == "auto" else float(fitted.threshold)), uses_probability
