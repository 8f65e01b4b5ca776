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
from slipway_training.evaluation.answers import Answers
from slipway_training.evaluation.bootstrap import Groups, draws_for
from slipway_training.evaluation.comparison import compare
from slipway_training.evaluation.metrics import first_name, measurable, scores
from slipway_training.evaluation.rivals import Rival
from slipway_training.evaluation.slices import Found, Slice, find, slices_of

MISTAKES = "accuracy"
DISTANCE = "mean_absolute_error"
"""What a slice of values is judged by where r2 comes first, which inside of a slice speaks of the slice's own mean."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows a model is judged on, with its answers; `learn` are those it learnt from.

    `groups` [n] says which of the rows belong together; None where each stands for itself.
    """

    learn: pd.DataFrame
    held_out: pd.DataFrame
    target: NDArray[Any]
    answers: Answers
    signature: Signature
    groups: Groups | None = None


def evaluate(
    judged: Judged, config: EvaluationConfig, baseline: Rival, champion: Rival | None
) -> tuple[tuple[Score, ...], Evaluation]:
    """Scores with intervals and what they are beside; raises ConfigError for a slice or metric that is not there."""
    labels = judged.signature.labels
    metrics = scores(judged.target, judged.answers, labels, config, judged.groups)
    declared = _declared(judged, config)
    loss = _loss(judged.target, judged.answers)
    alpha = 1 - config.confidence
    found = Found((), 0)
    if config.find_slices:
        found = find(judged.learn, judged.held_out, judged.signature, loss, config.slice_rows, alpha)
    rows = measurable(judged.target, judged.answers, labels, config.positive)
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


def _beside(judged: Judged, rival: Rival, labels: Sequence[Label] | None, config: EvaluationConfig) -> Comparison:
    if rival.answers is None:
        return Comparison(other=rival.name, note=rival.note)
    answers, groups = (judged.answers, rival.answers), judged.groups
    compared = compare(*answers, judged.target, labels, config, name=rival.name, note=rival.note, groups=groups)
    return compared or Comparison(other=rival.name, note="the first metric says nothing of it")


def _declared(judged: Judged, config: EvaluationConfig) -> list[Slice]:
    features = {feature.name: feature for feature in judged.signature.features}
    slices = []
    for name in config.slices:
        if name not in features:
            raise ConfigError(f"evaluation.slices: the data has no column {name!r}{closest(name, features)}")
        slices += slices_of(features[name], judged.learn, judged.held_out)
    return [one for one in slices if len(one) >= config.slice_rows]


def _loss(target: NDArray[Any], answers: Answers) -> NDArray[np.float64]:
    """What a slice is searched by: 1 for a wrong label, the distance of a value, or the mean of several."""
    if answers.labels is not None:
        return np.asarray(answers.labels != target, dtype=np.float64)
    truth = np.asarray(target, dtype=np.float64).reshape(len(target), -1)
    return np.asarray(np.abs(answers.numbers - truth).mean(axis=1), dtype=np.float64)


def _slice_scores(
    slices: Sequence[tuple[Slice, float | None]], judged: Judged, config: EvaluationConfig
) -> tuple[SliceScore, ...]:
    scored = [_slice_score(one, judged, config, p_value) for one, p_value in slices]
    return tuple(one for one in scored if one is not None)


def _slice_score(
    one: Slice, judged: Judged, config: EvaluationConfig, p_value: float | None = None
) -> SliceScore | None:
    numbers = judged.answers.numbers[one.rows]
    labels = None if judged.answers.labels is None else judged.answers.labels[one.rows]
    metric = slice_metric(judged.answers, config, is_found=p_value is not None)
    try:
        found = scores(
            judged.target[one.rows],
            Answers(labels, numbers),
            judged.signature.labels,
            config.model_copy(update={"metric": metric}),
            None if judged.groups is None else judged.groups[one.rows],
        )
    except ConfigError:
        return None  # the metric needs what the slice has not: rows of every class
    return SliceScore(name=one.name, rows=len(one), score=found[0], p_value=p_value)


def slice_metric(answers: Answers, config: EvaluationConfig, *, is_found: bool = False) -> str:
    """The metric of slices: the first one of all rows, save where it says nothing of a part of them.

    A slice that was found was looked for by its mistakes or distances, and is shown by them.
    """
    if is_found:
        return MISTAKES if answers.labels is not None else DISTANCE
    first = first_name(answers, config.metric)
    return DISTANCE if first == "r2" else first
