"""Predictions in one comparable form, from scikit-learn's pipeline or an ONNX session."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Task
from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take

_ROUNDING = 1e-9
SUM_TOLERANCE = 1e-3
"""How far probabilities of a row may be from adding up to 1, before they are scores."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """`labels` is None for regression; `numbers` are probabilities [n, classes] or values [n, targets], float64.

    A classifier without probabilities has numbers of no columns.
    """

    labels: NDArray[Any] | None
    numbers: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.numbers)


def some(predictions: Predictions, rows: Any) -> Predictions:
    """The predictions for some of the rows."""
    return Predictions(None if predictions.labels is None else predictions.labels[rows], predictions.numbers[rows])


def predict_with_pipeline(pipeline: Any, frame: pd.DataFrame, task: Task) -> Predictions:
    """scikit-learn's own predictions on float64 input, as users call it."""
    if task is Task.REGRESSION:
        values = np.asarray(pipeline.predict(frame), dtype=np.float64)
        return Predictions(None, values if values.ndim > 1 else values[:, np.newaxis])
    labels = np.asarray(pipeline.predict(frame)).reshape(len(frame))  # CatBoost gives a column
    if not hasattr(pipeline, "predict_proba"):
        return Predictions(labels, np.empty((len(labels), 0)))
    return Predictions(labels, np.asarray(pipeline.predict_proba(frame), dtype=np.float64))


def predict_with_session(session: OnnxSession, tensors: Mapping[str, Tensor], task: Task) -> Predictions:
    """The graph's predictions."""
    outputs = session.run(tensors)
    if task is Task.REGRESSION:
        return Predictions(None, outputs[0].astype(np.float64))
    numbers = outputs[1].astype(np.float64) if len(outputs) > 1 else np.empty((len(outputs[0]), 0))
    return Predictions(outputs[0], numbers)


def ask_one_by_one(session: OnnxSession, tensors: Mapping[str, Tensor], rows: Iterable[int], task: Task) -> Predictions:
    """The graph's predictions to these rows, each asked alone; there is one at least."""
    found = [predict_with_session(session, take(tensors, slice(row, row + 1)), task) for row in rows]
    labels = None if found[0].labels is None else np.concatenate([np.asarray(one.labels) for one in found])
    return Predictions(labels, np.concatenate([one.numbers for one in found]))


def as_probabilities(predictions: Predictions) -> Predictions:
    """The predictions for metrics, with probabilities to the last digit; without numbers where these are scores."""
    if predictions.labels is None:
        return predictions
    sums = predictions.numbers.sum(axis=1, keepdims=True)
    is_probable = predictions.numbers.shape[1] > 0 and bool(np.all(np.abs(sums - 1) < SUM_TOLERANCE))
    return Predictions(
        predictions.labels, np.clip(predictions.numbers, 0.0, 1.0) if is_probable else predictions.numbers[:, :0]
    )


def are_scores(predictions: Predictions) -> bool:
    """Whether the numbers of a classifier are anything but probabilities: outside of 0 to 1, or not adding up to 1."""
    numbers = predictions.numbers[np.isfinite(predictions.numbers).all(axis=1)]
    if predictions.labels is None or not numbers.size:
        return False
    is_outside = numbers.min() < -SUM_TOLERANCE or numbers.max() > 1 + SUM_TOLERANCE
    return bool(is_outside or np.abs(numbers.sum(axis=1) - 1).max() > SUM_TOLERANCE)


@dataclass(frozen=True, slots=True)
class Differences:
    """Row by row: whether the label differs, and the largest difference of a number."""

    flips: NDArray[np.bool_]
    change: NDArray[np.float64]

    @property
    def largest(self) -> float:
        """The worst row."""
        return float(self.change.max(initial=0.0))


def compare(
    expected: Predictions,
    given: Predictions,
    spread: NDArray[np.float64] | float = 1.0,
    centre: NDArray[np.float64] | float = 0.0,
) -> Differences:
    """Differences of the same rows; a number that is not finite is infinitely far away, save where both have the same.

    `spread` is the scale of each column of numbers, or of all; a value further from `centre` than that is held to its
    distance from there.
    """
    shapes = [(one.numbers.shape, None if one.labels is None else one.labels.shape) for one in (expected, given)]
    if shapes[0] != shapes[1]:
        raise AssertionError("the answers compared have different shapes")  # our bug
    with np.errstate(invalid="ignore"):  # infinity less infinity
        apart = np.abs(expected.numbers - given.numbers)
    if expected.labels is None:
        # A value far outside the others is held to its own size: it has as many digits there as anywhere.
        apart = apart / np.maximum(1.0, np.abs(expected.numbers - centre) / spread)
    is_same = (expected.numbers == given.numbers) | (np.isnan(expected.numbers) & np.isnan(given.numbers))
    apart = np.where(is_same, 0.0, apart)
    change = (np.where(np.isfinite(apart), apart, np.inf) / spread).max(axis=1, initial=0.0)
    flips = np.zeros(len(change), dtype=np.bool_)
    if expected.labels is not None and given.labels is not None:
        flips = np.asarray(expected.labels != given.labels, dtype=np.bool_)
    return Differences(flips, change)


def spread_of(predictions: Predictions) -> NDArray[np.float64]:
    """The scale of differences: 1 for probabilities, the standard deviation of the predictions for each column of
    values.

    Predictions that are all equal have none but rounding, so their size counts.
    """
    if predictions.labels is not None:
        return np.ones(1)
    return np.array([_spread(column[np.isfinite(column)]) for column in predictions.numbers.T])


def centre_of(predictions: Predictions) -> NDArray[np.float64]:
    """The mean of each column of values, from which `compare` measures where values are float64."""
    return np.array([column[np.isfinite(column)].mean() for column in predictions.numbers.T])


def needs_double(predictions: Predictions, tolerance: float) -> bool:
    """Whether float32 would lose more of a value than the tolerance of the spread.

    Values that a library computes in float32 have nothing to lose.
    """
    if predictions.labels is not None or not np.isfinite(predictions.numbers).all():
        return False
    rounded = Predictions(None, predictions.numbers.astype(np.float32).astype(np.float64))
    lost = compare(predictions, rounded, spread_of(predictions), centre_of(predictions))
    return lost.largest > tolerance


def _spread(values: NDArray[np.float64]) -> float:
    size = float(np.abs(values).max(initial=0.0))
    spread = float(values.std()) if len(values) else 0.0
    return spread if spread > _ROUNDING * size else size or 1.0
