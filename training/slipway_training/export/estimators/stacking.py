"""Stacking: the predictions of the members side by side, and the last estimator's prediction from them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.decisions import decision, probability
from slipway_training.export.pipeline_walk import Translation


def stacking(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """Classifier and regressor; labels come back in the names that the last estimator knows by number."""
    found: list[Block] = []
    for number, (member, method) in enumerate(zip(fitted.estimators_, fitted.stack_method_, strict=True)):
        wire = _asked(translation, member, method, list(blocks), f"{path}.{number}")
        width = len(member.classes_) if hasattr(member, "classes_") and method != "predict" else 1
        found.append(Block(wire, 1 if width == 2 else width))  # noqa: PLR2004  # of two classes one column
    if fitted.passthrough:
        found += blocks
    output = translation.output(fitted.final_estimator_, found, f"{path}.final")
    if output.label is None or not hasattr(fitted, "classes_"):
        return output
    labels = translation.assembly.constant(_labels(fitted))
    return EstimatorOutput(translation.assembly.add("Gather", [labels, output.label]), output.numbers, output.is_double)


def _asked(translation: Translation, member: Any, method: str, blocks: list[Block], path: str) -> str:
    if method == "decision_function":
        return decision(translation, member, blocks, path)
    if method == "predict_proba":
        return probability(translation, member, blocks, path)
    output = translation.output(member, blocks, path)
    if output.label is None:
        return translation.double(str(output.numbers), is_double=output.is_double)
    column = translation.assembly.add("Unsqueeze", [output.label, translation.assembly.constant(np.array([1]))])
    return translation.double(column)


def _labels(fitted: Any) -> Any:
    classes = np.asarray(fitted.classes_)
    return classes if classes.dtype.kind in "UO" else classes.astype(np.int64)
