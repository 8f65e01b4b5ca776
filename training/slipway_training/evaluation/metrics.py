"""Scores on held-out rows, each with its interval; the first is the one that gates and tables speak of."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.signature import Label, Task
from slipway_training.config.evaluation import LOWER_IS_BETTER, METRICS, EvaluationConfig
from slipway_training.errors import ConfigError, closest
from slipway_training.evaluation.bootstrap import Groups, Measurable, draw, effective_rows, wilson
from slipway_training.evaluation.classification import Classified
from slipway_training.evaluation.predictions import Predictions
from slipway_training.evaluation.regression import SeveralValued, Valued

_BINARY = 2


def scores(
    target: NDArray[Any],
    predictions: Predictions,
    labels: Sequence[Label] | None = None,
    config: EvaluationConfig | None = None,
    groups: Groups | None = None,
) -> tuple[Score, ...]:
    """Every metric that the rows allow, the wanted one first; intervals only where a config asks for them.

    `labels` are those of the columns of probabilities, by default the sorted labels of the target; `groups` [n] says
    which rows belong together, where any do. Raises ConfigError
    where the metric that is wanted first cannot be computed.
    """
    rows = measurable(target, predictions, labels, config.positive if config is not None else None)
    values = plain(rows, len(target))
    drawn = draw(rows, len(target), config, groups=groups) if config is not None else None
    found = []
    for name, value in values.items():
        interval = drawn.interval(name) if drawn is not None else None
        if name == "accuracy" and drawn is not None:
            count = len(target)
            size = count if groups is None else effective_rows(value, count, drawn.metrics[name], groups)
            interval = wilson(value, size, drawn.confidence)
        found.append(_score(name, value, interval))
    first = first_name(predictions, config.metric if config is not None else None)
    if first not in values:
        raise _cannot(first)
    return tuple(sorted(found, key=lambda score: score.name != first))


def first_score(
    target: NDArray[Any],
    predictions: Predictions,
    labels: Sequence[Label] | None = None,
    config: EvaluationConfig | None = None,
) -> Score:
    """The one that tables and gates speak of, without an interval; raises ConfigError where it cannot be computed."""
    name = first_name(predictions, config.metric if config is not None else None)
    rows = measurable(target, predictions, labels, config.positive if config is not None else None)
    values = plain(rows, len(target))
    if name not in values:
        raise _cannot(name)
    return _score(name, values[name])


def first_name(predictions: Predictions, metric: str | None) -> str:
    """The metric that was asked for, or the usual one of the task."""
    return metric or METRICS[Task.REGRESSION if predictions.labels is None else Task.CLASSIFICATION][0]


def measurable(
    target: NDArray[Any], predictions: Predictions, labels: Sequence[Label] | None = None, positive: Label | None = None
) -> Measurable:
    """The rows as metrics see them; raises ConfigError where the positive label is no class."""
    if predictions.labels is None:
        truth = np.asarray(target, dtype=np.float64).reshape(len(target), -1)
        parts = [Valued(own, given) for own, given in zip(truth.T, predictions.numbers.T, strict=True)]
        return parts[0] if len(parts) == 1 else SeveralValued(parts)
    truth, given = target.tolist(), predictions.labels.tolist()
    known = list(labels) if labels is not None else sorted(set(truth))
    numbers = predictions.numbers
    if positive is not None:
        if positive not in known:
            raise ConfigError(f"evaluation.positive is no class{closest(str(positive), map(str, known))}")
        if len(known) == _BINARY and positive == known[0]:
            known, numbers = known[::-1], numbers[:, ::-1]  # the last one counts as positive
    has_columns = len(known) == predictions.numbers.shape[1] and set(truth) <= set(known)
    number = {label: position for position, label in enumerate(known)}
    for label in (*truth, *given):
        number.setdefault(label, len(number))
    return Classified(
        np.array([number[label] for label in truth]),
        np.array([number[label] for label in given]),
        numbers if has_columns else None,
        len(number),
    )


def plain(rows: Measurable, count: int) -> dict[str, float]:
    """Every metric of the rows as they are, without those that have no value."""
    measured = rows.measure(np.ones((1, count)))
    return {name: float(value[0]) for name, value in measured.items() if np.isfinite(value[0])}


def gain(score: Score, other: float) -> float:
    """By how much a score is better than another value of the same metric."""
    return score.value - other if score.higher_is_better else other - score.value


def _cannot(name: str) -> ConfigError:
    return ConfigError(f"evaluation.metric: {name} cannot be computed for this model and these rows; name another")


def _score(name: str, value: float, interval: tuple[float, float] | None = None) -> Score:
    return Score(name=name, value=value, higher_is_better=name not in LOWER_IS_BETTER, interval=interval)
