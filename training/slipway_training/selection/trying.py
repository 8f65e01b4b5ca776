"""Trial by trial: one estimator goes through the folds, is exported and measured once, and raced against the others."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from slipway_ml.contract.signature import Signature
from slipway_ml.errors import InferenceError, SlipwayError
from slipway_ml.runtime.session import UnloadableModel
from slipway_training.config.estimator import EstimatorConfig, EstimatorType
from slipway_training.config.model import TrainingConfig
from slipway_training.config.search import ScoringName, SearchConfig
from slipway_training.data.folds import Fold, folds
from slipway_training.data.table import Table
from slipway_training.evaluation.predictions import predict_with_pipeline
from slipway_training.pipeline import estimators
from slipway_training.pipeline.build import fit_without_warnings
from slipway_training.selection.fitting import compose
from slipway_training.selection.scoring import score, scoring_of
from slipway_training.selection.serving import serve
from slipway_training.selection.trials import CompletedTrial, Serving, beaten_by

_SAMPLE = 300


@dataclass(frozen=True, slots=True)
class TrialFolds:
    """What every trial of a search goes through: the same rows, folds and scoring."""

    config: TrainingConfig
    search: SearchConfig
    signature: Signature
    learn: Table
    divided: tuple[Fold, ...]
    scoring: ScoringName


def course(config: TrainingConfig, search: SearchConfig, signature: Signature, learn: Table) -> TrialFolds:
    """Divide the rows; raises ConfigError."""
    divided = tuple(folds(learn, config.split, config.task))
    return TrialFolds(config, search, signature, learn, divided, scoring_of(config))


def configured(config: TrainingConfig, family: EstimatorType, parameters: dict[str, Any]) -> TrainingConfig:
    """The config with this estimator; what is left to chance is the same in every trial."""
    given = config.estimator.parameters if config.estimator.type == family else {}
    seed = {"random_state": 0} if "random_state" in estimators.parameters(family) else {}
    chosen = EstimatorConfig(type=family, parameters={**seed, **given, **parameters})
    return config.model_copy(update={"estimator": chosen})


def attempt(
    way: TrialFolds, number: int, family: EstimatorType, parameters: dict[str, Any], others: Sequence[CompletedTrial]
) -> CompletedTrial:
    """Through the folds, until done or clearly beaten; what cannot be fitted or exported has failed, and says why."""
    config = configured(way.config, family, parameters)
    parameters = config.estimator.parameters
    scores: list[float] = []
    serving: Serving | None = None
    try:
        for fit_on, judge in way.divided:
            part, rows = way.learn.take(fit_on), way.learn.take(judge)
            model = compose(config, way.signature, part)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of unseen categories and the like, which a fold may have
                fit_without_warnings(model, part, family)
                serving = serving or serve(model, way.signature, rows.frame, config.parity)
                predictions = predict_with_pipeline(model, rows.frame, config.task)
            scores.append(score(way.scoring, predictions, rows, way.signature.labels or (), config))
            expense = CompletedTrial(number, family, parameters, (), serving, "stopped").expense(way.search.against)
            winner = beaten_by(scores, expense, others, way.search.against) if way.search.prune else None
            if winner is not None and len(scores) < len(way.divided):
                reason = f"after {len(scores)} folds clearly behind trial {winner.number}"
                return CompletedTrial(number, family, parameters, tuple(scores), serving, "stopped", reason)
    except (SlipwayError, UnloadableModel, InferenceError) as error:
        return CompletedTrial(number, family, parameters, tuple(scores), serving, "failed", str(error).splitlines()[0])
    return CompletedTrial(number, family, parameters, tuple(scores), serving, "finished")


def admit(way: TrialFolds, family: EstimatorType, start: dict[str, Any]) -> None:
    """Fit a small one on few rows and export it; raises SlipwayError where that cannot be, before any search begins."""
    estimators.check_labels(family, way.learn.target)
    small: dict[str, Any] = {name: 4 for name in ("n_estimators", "max_iter") if name in start and start[name] != 1}
    fit_on, judge = way.divided[0]
    spread = np.linspace(0, len(fit_on) - 1, min(_SAMPLE, len(fit_on))).astype(int)
    part = way.learn.take(fit_on[spread])
    config = configured(way.config, family, {**start, **small})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few rows and rounds are not meant to be enough
        model = compose(config, way.signature, part)
        fit_without_warnings(model, part, family)
        serve(model, way.signature, way.learn.take(judge[:_SAMPLE]).frame, config.parity)
