"""DummyClassifier and DummyRegressor: one prediction for all rows; the random strategies cannot be repeated."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.constants import repeat
from slipway_training.export.pipeline_walk import Translation, as_labels


def dummy_classifier(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The strategies that always give the same label."""
    if fitted.strategy not in {"prior", "most_frequent", "constant"}:
        raise ConversionError(
            f"step {path}: DummyClassifier with strategy {fitted.strategy!r} predicts at random; use 'prior'"
        )
    assembly = translation.assembly
    best = np.argmax(fitted.class_prior_)
    if fitted.strategy == "constant":
        best = np.flatnonzero(fitted.classes_ == np.ravel(fitted.constant)[0])[0]
    numbers = np.asarray(fitted.class_prior_, dtype=np.float64)
    if fitted.strategy != "prior":
        numbers = np.eye(len(numbers))[best]
    label = repeat(assembly, blocks[0], as_labels(fitted.classes_)[best])
    return EstimatorOutput(label, repeat(assembly, blocks[0], numbers))


def dummy_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], _path: str) -> EstimatorOutput:
    """The mean, the median, a quantile or a constant."""
    row = np.ravel(fitted.constant_).astype(np.float64)
    return EstimatorOutput(None, repeat(translation.assembly, blocks[0], row))
