"""evaluate(…): everything that is said of a model on held-out rows: scores, slices, and beside whom it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score, SliceScore
from slipway_ml.contract.signature import Label, Signature
from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.errors import ConfigError, closest
from slipway_training.evaluation.bootstrap import Groups, draws_for
from slipway_training.evaluation.compared_models import ComparedModel
from slipway_training.evaluation.comparison import compare
from slipway_training.evaluation.metrics import first_name, measurable, scores
from slipway_training.evaluation.predictions import Predictions
from slipway_training.evaluation.slices import Found, Slice, find, slices_of

MISTAKES = "accuracy"
DISTANCE = "mean_absolute_error"
"""What a slice of values is judged by where r2 comes first, which inside of a slice speaks of the slice's own mean."""


@dataclass(frozen=True, slots=True)
class EvaluatedRows:
    """The rows a model is evaluated on, with its predictions; `learn` are those it trained on.

    `groups` [n] says which of the rows belong together; None where each stands for itself.
    """

    learn: pd.DataFrame
    held_out: pd.DataFrame
    target: NDArray[Any]
    predictions: Predictions
    signature: Signature
    groups: Groups | None = None


def evaluate(
    judged: EvaluatedRows, config: EvaluationConfig, baseline: ComparedModel, champion: ComparedModel | None
) -> tuple[tuple[Score, ...], Evaluation]:
    """Scores with intervals and what they are beside; raises ConfigError for a slice or metric that is not there."""
    labels = judged.signature.labels
    metrics = scores(judged.target, judged.predictions, labels, config, judged.groups)
    declared = _declared(judged, config)
    loss = _loss(judged.target, judged.predictions)
    alpha = 1 - config.confidence
    found = Found((), 0)
    if config.find_slices:
        found = find(judged.learn, judged.held_out, judged.signature, loss, config.slice_rows, alpha)
    rows = measurable(judged.target, judged.predictions, labels, config.positive)
    evaluation = Evaluation(
        rows=len(judged.target),
        confidence=config.confidence,
        resamples=draws_for(len(judged.target), rows.classes, config),
        groups=None if judged.groups is None else len(np.unique(judged.groups)),
        slices=_slice_scores([(one, None) for one in declared], judged, config),
        found_slices=_slice_scores(found.slices, judged, config),
        slices_tried=found.tried,
        baseline=_beside(judged, baseline, labels, config),
        champion=_beside(judged, champion, labels, config) if champion is not None else None,
    )
    return metrics, evaluation


def _beside(
    judged: EvaluatedRows, compared_model: ComparedModel, labels: Sequence[Label] | None, config: EvaluationConfig
) -> Comparison:
    if compared_model.predictions is None:
        return Comparison(other=compared_model.name, note=compared_model.note)
    predictions, groups = (judged.predictions, compared_model.predictions), judged.groups
    compared = compare(
        *predictions, judged.target, labels, config, name=compared_model.name, note=compared_model.note, groups=groups
    )
    return compared or Comparison(other=compared_model.name, note="the first metric says nothing of it")


def _declared(judged: EvaluatedRows, config: EvaluationConfig) -> list[Slice]:
    features = {feature.name: feature for feature in judged.signature.features}
    slices = []
    for name in config.slices:
        if name not in features:
            raise ConfigError(f"evaluation.slices: the data has no column {name!r}{closest(name, features)}")
        slices += slices_of(features[name], judged.learn, judged.held_out)
    return [one for one in slices if len(one) >= config.slice_rows]


def _loss(target: NDArray[Any], predictions: Predictions) -> NDArray[np.float64]:
    """What a slice is searched by: 1 for a wrong label, the distance of a value, or the mean of several."""
    if predictions.labels is not None:
        return np.asarray(predictions.labels != target, dtype=np.float64)
    truth = np.asarray(target, dtype=np.float64).reshape(len(target), -1)
    return np.asarray(np.abs(predictions.numbers - truth).mean(axis=1), dtype=np.float64)


def _slice_scores(
    slices: Sequence[tuple[Slice, float | None]], judged: EvaluatedRows, config: EvaluationConfig
) -> tuple[SliceScore, ...]:
    scored = [_slice_score(one, judged, config, p_value) for one, p_value in slices]
    return tuple(one for one in scored if one is not None)


def _slice_score(
    one: Slice, judged: EvaluatedRows, config: EvaluationConfig, p_value: float | None = None
) -> SliceScore | None:
    numbers = judged.predictions.numbers[one.rows]
    labels = None if judged.predictions.labels is None else judged.predictions.labels[one.rows]
    metric = slice_metric(judged.predictions, config, is_found=p_value is not None)
    try:
        found = scores(
            judged.target[one.rows],
            Predictions(labels, numbers),
            judged.signature.labels,
            config.model_copy(update={"metric": metric}),
            None if judged.groups is None else judged.groups[one.rows],
        )
    except ConfigError:
        return None  # the metric needs what the slice has not: rows of every class
    return SliceScore(name=one.name, rows=len(one), score=found[0], p_value=p_value)


def slice_metric(predictions: Predictions, config: EvaluationConfig, *, is_found: bool = False) -> str:
    """The metric of slices: the first one of all rows, save where it says nothing of a part of them.

    A slice that was found was looked for by its mistakes or distances, and is shown by them.
    """
    if is_found:
        return MISTAKES if predictions.labels is not None else DISTANCE
    first = first_name(predictions, config.metric)
    return DISTANCE if first == "r2" else first
