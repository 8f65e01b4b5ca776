"""DummyClassifier and DummyRegressor: one prediction for all rows; the random strategies cannot be repeated."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, EstimatorOutput
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
    label = _repeat(assembly, blocks[0], as_labels(fitted.classes_)[best])
    return EstimatorOutput(label, _repeat(assembly, blocks[0], numbers))


def dummy_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], _path: str) -> EstimatorOutput:
    """The mean, the median, a quantile or a constant."""
    row = np.ravel(fitted.constant_).astype(np.float64)
    return EstimatorOutput(None, _repeat(translation.assembly, blocks[0], row))


def _repeat(assembly: Assembly, block: Block, row: Any) -> str:
    """A wire that holds the array once for every row of the block."""
    values = np.asarray(row)
    rows = assembly.add("Shape", [block.wire], start=0, end=1)
    shape = assembly.add("Concat", [rows, assembly.constant(np.array(values.shape, dtype=np.int64))], axis=0)
    return assembly.add("Expand", [assembly.constant(values[np.newaxis]), shape])
