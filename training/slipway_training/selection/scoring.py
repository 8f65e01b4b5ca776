"""score(name, …): one figure for a model's predictions on a fold's rows, higher is better, by scikit-learn's names.

Of two classes the positive one is what [evaluation] or [cost] says, else the last. More classes are averaged with equal
weight.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from slipway_ml.contract.signature import Label, Task
from slipway_training.config.model import TrainingConfig
from slipway_training.config.search import ScoringName, scoring_of_metric
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError, closest
from slipway_training.evaluation.predictions import Predictions
from slipway_training.selection import costs

_VALUES: dict[str, Callable[[Any, Any], float]] = {
    "r2": metrics.r2_score,
    "neg_mean_absolute_error": lambda target, values: -metrics.mean_absolute_error(target, values),
    "neg_root_mean_squared_error": lambda target, values: -metrics.root_mean_squared_error(target, values),
}
_LABELS: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "matthews_corrcoef": metrics.matthews_corrcoef,
}
_OF_A_CLASS: dict[str, Callable[..., float]] = {
    "f1": metrics.f1_score,
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
}


def scoring_of(config: TrainingConfig) -> ScoringName:
    """What the search goes by; raises ConfigError where it does not fit the task."""
    wanted = config.search.scoring if config.search is not None else None
    is_regression = config.task is Task.REGRESSION
    if wanted is None and config.cost is not None:
        return "neg_expected_cost"
    if wanted is None:
        return scoring_of_metric(config.evaluation.metric) or ("r2" if is_regression else "accuracy")
    if (wanted in _VALUES) != is_regression:
        raise ConfigError(f"config: search.scoring = '{wanted}' is not for task '{config.task}'")
    if wanted == "neg_expected_cost" and config.cost is None:
        raise ConfigError("config: search.scoring = 'neg_expected_cost' needs [cost], which says what mistakes cost")
    return wanted


def score(
    name: ScoringName, predictions: Predictions, rows: Table, labels: tuple[Label, ...], config: TrainingConfig
) -> float:
    """The figure for the predictions for these rows; raises ConfigError where it lacks probabilities that it needs."""
    if predictions.labels is None:
        return float(_VALUES[name](rows.target, predictions.numbers[:, 0]))
    target = _numbered(rows.target, labels)
    if name in _LABELS:
        return float(_LABELS[name](target, _numbered(predictions.labels, labels)))
    is_binary = len(labels) == 2  # noqa: PLR2004  # binary
    place = labels.index(_positive(config, labels)) if is_binary else 0
    if name in _OF_A_CLASS:
        average = {"average": "binary", "pos_label": place} if is_binary else {"average": "macro"}
        return float(_OF_A_CLASS[name](target, _numbered(predictions.labels, labels), zero_division=0.0, **average))
    if predictions.numbers.shape[1] != len(labels):
        raise ConfigError(f"config: search.scoring = '{name}' needs probabilities")
    if name == "neg_expected_cost" and config.cost is not None:
        positive = costs.positive_of(config.cost, labels)
        place = labels.index(positive)
        return -float(
            costs.curve(costs.row_costs(config.cost, rows, positive), predictions.numbers[:, place]).costs.min()
        )
    return _of_probabilities(name, target, predictions.numbers, place if is_binary else None)


def _positive(config: TrainingConfig, labels: tuple[Label, ...]) -> Label:
    wanted = config.evaluation.positive
    if wanted is not None and wanted not in labels:
        raise ConfigError(f"evaluation.positive is no class{closest(str(wanted), map(str, labels))}")
    if wanted is None:
        return labels[1] if config.cost is None else costs.positive_of(config.cost, labels)
    return wanted


def _of_probabilities(
    name: str, target: NDArray[np.int64], numbers: NDArray[np.float64], positive: int | None
) -> float:
    codes = np.arange(numbers.shape[1])
    if name == "neg_log_loss":
        return -float(metrics.log_loss(target, numbers, labels=codes))
    every = np.asarray(target[:, np.newaxis] == codes, dtype=np.int64)
    if name == "neg_brier_score":
        return -float(((numbers - every) ** 2).sum(axis=1).mean() / (2 if positive is not None else 1))
    function = metrics.roc_auc_score if name == "roc_auc" else metrics.average_precision_score
    columns = codes if positive is None else [positive]
    return float(np.mean([function(every[:, column], numbers[:, column]) for column in columns]))


def _numbered(values: NDArray[Any], labels: tuple[Label, ...]) -> NDArray[np.int64]:
    """Labels as their numbers, so that text and booleans are scored like any other."""
    places = {label: place for place, label in enumerate(labels)}
    return np.array([places[value] for value in values.tolist()], dtype=np.int64)
