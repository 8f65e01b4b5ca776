"""Curves of a model: its score on rows it has trained on and on rows it has not, along one quantity.

Along the number of rows: where the second still rises at the end, more rows would help. Along a parameter that holds
the model in: where the first is high and the second low, it has learned the rows by heart. The folds are those of the
config, so held-out rows are not looked at.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from slipway_ml.contract.signature import Signature
from slipway_training.config.model import TrainingConfig
from slipway_training.config.search import SpanConfig
from slipway_training.data.folds import folds
from slipway_training.data.splits import Rows, lacks_class
from slipway_training.data.table import Table
from slipway_training.evaluation.predictions import predict_with_pipeline
from slipway_training.pipeline.build import fit_without_warnings
from slipway_training.progress import UNDER_WAY, Progress
from slipway_training.selection.fitting import compose
from slipway_training.selection.scoring import score, scoring_of
from slipway_training.selection.trying import configured

_SHARES = (0.1, 0.2, 0.35, 0.55, 0.75, 1.0)
_POINTS = 7
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Point:
    """`at` on the axis; mean scores on rows trained on and on others, and the standard error of the latter."""

    at: float
    learnt: float
    unseen: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Curve:
    """`along` is 'rows' or the name of a parameter; `chosen` is where the model itself stands, if that is known."""

    along: str
    scoring: str
    points: tuple[Point, ...]
    chosen: float | None = None
    log: bool = False


def curves(config: TrainingConfig, signature: Signature, learn: Table, progress: Progress) -> tuple[Curve, ...]:
    """All that the config asks for, each point told as a trial; raises ConfigError."""
    found = [learning_curve(config, signature, learn, progress)] if config.curves.learning else []
    along = config.curves.regularisation.items()
    return (*found, *(parameter_curve(config, signature, learn, name, span, progress) for name, span in along))


def learning_curve(config: TrainingConfig, signature: Signature, learn: Table, progress: Progress) -> Curve:
    """By the number of rows, from a tenth of them on; by time these are the latest ones."""
    divided = folds(learn, config.split, config.task)
    random = np.random.default_rng(config.split.random_state)
    orders = [random.permutation(fit_on) for fit_on, _ in divided]
    if learn.times is not None:
        orders = [order[np.argsort(learn.times[order], kind="stable")] for order in orders]
    points = []
    for share in _SHARES:
        parts = [order[len(order) - round(share * len(order)) :] for order in orders]
        if all(len(part) >= _FEWEST and not lacks_class(learn, part, config.task) for part in parts):
            judged = [judge for _, judge in divided]
            at = float(np.mean([len(part) for part in parts]))
            progress(UNDER_WAY, f"learning curve: {at:.0f} rows")
            points.append(_point(config, signature, learn, at, list(zip(parts, judged, strict=True))))
    return Curve("rows", scoring_of(config), tuple(points), chosen=float(len(learn.target)))


def parameter_curve(
    config: TrainingConfig, signature: Signature, learn: Table, name: str, span: SpanConfig, progress: Progress
) -> Curve:
    """Along a parameter of the estimator, everything else as it is; raises ConfigError where there is no such."""
    space = np.geomspace if span.log else np.linspace
    values: list[float] = space(span.low, span.high, _POINTS).tolist()
    if isinstance(span.low, int) and isinstance(span.high, int):
        values = sorted({round(value) for value in values})
    divided = folds(learn, config.split, config.task)
    given = config.estimator.parameters
    points = []
    for value in values:
        progress(UNDER_WAY, f"curve along {name}: {value:g}")
        own_config = configured(config, config.estimator.type, {**given, name: value})
        points.append(_point(own_config, signature, learn, value, divided))
    own = given.get(name)
    return Curve(
        name, scoring_of(config), tuple(points), float(own) if isinstance(own, int | float) else None, span.log
    )


def _point(
    config: TrainingConfig, signature: Signature, learn: Table, at: float, divided: list[tuple[Rows, Rows]]
) -> Point:
    learnt: list[float] = []
    unseen: list[float] = []
    for fit_on, judge in divided:
        part, other = learn.take(fit_on), learn.take(judge)
        model = compose(config, signature, part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few rows and extreme parameters are tried on purpose
            fit_without_warnings(model, part, config.estimator.type)
            for rows, scores in ((part, learnt), (other, unseen)):
                predictions = predict_with_pipeline(model, rows.frame, config.task)
                scores.append(score(scoring_of(config), predictions, rows, signature.labels or (), config))
    error = float(np.std(unseen, ddof=1) / np.sqrt(len(unseen)))
    return Point(at, float(np.mean(learnt)), float(np.mean(unseen)), error)
