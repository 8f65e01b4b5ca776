"""prune(config, …) -> Pruned: how far a model can be made smaller before its score drops on rows it has not seen.

A method is a row of candidates, from the model as it is to the smallest. All folds go through it side by side, and stop
at the first candidate whose mean score falls behind the best so far by more than the tolerance; the last one that did
not is taken. With the standard error as tolerance that is the rule of Breiman et al., "Classification and Regression
Trees", 1984, from which cost-complexity pruning comes too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from slipway_ml.contract.signature import Signature, Task
from slipway_training.config.model import TrainingConfig
from slipway_training.config.pruning import PruningConfig
from slipway_training.data.folds import tuning_folds
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.evaluation.predictions import predict_with_pipeline
from slipway_training.pipeline import estimators
from slipway_training.pipeline.build import build, fit_without_warnings
from slipway_training.selection import hidden_units
from slipway_training.selection.fitting import Model, compose
from slipway_training.selection.scoring import score, scoring_of

_COUNTS = ("iterations", "n_estimators", "max_iter")  # CatBoost also knows the second as an alias
_SHORTER = 0.75
_ALPHAS = 12


@dataclass(frozen=True, slots=True)
class Step:
    """A candidate: what it is in words, and its mean score over the folds with the standard error of that."""

    what: str
    score: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of it: the config to fit, and how many times a network is then thinned."""

    config: TrainingConfig
    rounds: int
    scoring: str
    whole: Step
    taken: Step
    refused: Step | None

    @property
    def in_words(self) -> str:
        """For people."""
        beside = f"; {self.refused.what} would score {self.refused.score:.4g}" if self.refused else ""
        if self.taken == self.whole:
            return f"nothing: {self.whole.what} at {self.scoring} {self.whole.score:.4g} on folds{beside}"
        scores = f"{self.scoring} {self.taken.score:.4g} on folds, unpruned {self.whole.score:.4g}"
        return f"{self.taken.what} instead of {self.whole.what}: {scores}{beside}"

    @property
    def about(self) -> str:
        """For the card, after the name of the estimator."""
        return f"pruned to {self.taken.what} from {self.whole.what}" if self.taken != self.whole else "not pruned"

    def finish(self, model: Model, learn: Table) -> Model:
        """A fitted model of the config, thinned where that is the method."""
        chain = hidden_units.chain(model.pipeline, learn)
        return replace(model, pipeline=next(islice(chain, self.rounds, None))) if self.rounds else model


def prune(config: TrainingConfig, asked: PruningConfig, signature: Signature, learn: Table) -> Pruned:
    """Raises ConfigError where nothing can be pruned or there is nothing to judge it by."""
    divided = tuning_folds(learn, config.split, config.task)
    if asked.tolerance is None and len(divided) == 1:
        raise ConfigError(
            "config: split.validation_size leaves one part to judge pruning on, which has no standard error; "
            "give pruning.tolerance or leave split.validation_size out"
        )
    parts = [(learn.take(fit_on), learn.take(judge)) for fit_on, judge in divided]
    scoring = scoring_of(config)
    is_network = asked.method == "hidden_units"
    configs = [config] if is_network else list(_candidates(config, asked, signature, learn))
    ways = [_models(configs, is_network=is_network, signature=signature, part=part) for part, _ in parts]
    tried: list[Step] = []
    for number, models in enumerate(zip(*ways, strict=False)):
        scores = [
            score(scoring, predict_with_pipeline(model, rows.frame, config.task), rows, signature.labels or (), config)
            for model, (_, rows) in zip(models, parts, strict=True)
        ]
        error = float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0
        what = _units(models[0]) if is_network else _words(configs[number], asked)
        tried.append(Step(what, float(np.mean(scores)), error))
        best = max(tried, key=lambda step: step.score)
        allowed = best.standard_error if asked.tolerance is None else asked.tolerance
        if tried[-1].score < best.score - allowed:
            break
    kept = max(place for place, step in enumerate(tried) if step.score >= best.score - allowed)
    refused = tried[kept + 1] if kept + 1 < len(tried) else None
    chosen = config if is_network else configs[kept]
    return Pruned(chosen, kept if is_network else 0, scoring, tried[0], tried[kept], refused)


def _models(configs: Sequence[TrainingConfig], *, is_network: bool, signature: Signature, part: Table) -> Iterator[Any]:
    """Fitted on the part, one by one, only as far as somebody asks."""
    for config in configs:
        model = compose(config, signature, part)
        fit_without_warnings(model, part, config.estimator.type)
        if is_network:
            yield from hidden_units.chain(model, part)
        else:
            yield model


def _candidates(
    config: TrainingConfig, asked: PruningConfig, signature: Signature, learn: Table
) -> Iterator[TrainingConfig]:
    """The config with other parameters, the least pruned first."""
    yield config
    if asked.method == "fewer_trees":
        name = _count_of(config)
        count = _value(config, name)
        if count is None:
            raise ConfigError(
                f"config: pruning starts from the number of trees, which {config.estimator.type} keeps to itself; "
                f"give estimator.parameters.{name}"
            )
        while count > 1:
            count = max(1, int(_SHORTER * count))
            yield _with(config, name, count)
    else:
        own = float(_value(config, "ccp_alpha"))
        yield from (_with(config, "ccp_alpha", alpha) for alpha in _alphas(config, signature, learn) if alpha > own)


def _alphas(config: TrainingConfig, signature: Signature, learn: Table) -> list[float]:
    """Some of the strengths at which one tree of all rows loses a branch, from the weakest to the strongest.

    Between two of them the tree stays the same, so their geometric mean stands for both.
    """
    whole = build(config, signature)
    make = DecisionTreeClassifier if config.task is Task.CLASSIFICATION else DecisionTreeRegressor
    names = ("criterion", "max_depth", "min_samples_leaf", "min_samples_split")
    tree = make(random_state=0, **{name: whole[-1].get_params()[name] for name in names})
    steps = [step for step in whole.steps[:-1] if hasattr(step[1], "transform")]  # a sampler changes no column
    rows = Pipeline(steps).fit_transform(learn.frame, learn.target) if steps else learn.frame
    path = tree.cost_complexity_pruning_path(rows, learn.target).ccp_alphas
    middles = np.sqrt(np.maximum(path[:-1], 0) * np.maximum(path[1:], 0))
    middles = np.unique(middles[middles > 0])
    spread = np.unique(np.linspace(0, len(middles) - 1, min(_ALPHAS, len(middles))).round().astype(int))
    return [float(alpha) for alpha in middles[spread]]


def _count_of(config: TrainingConfig) -> str:
    return next(name for name in _COUNTS if name in estimators.parameters(config.estimator.type))


def _value(config: TrainingConfig, name: str) -> Any:
    """A parameter as the config has it, else its default."""
    given = config.estimator.parameters.get(name)
    return estimators.build(config.estimator).get_params().get(name) if given is None else given


def _with(config: TrainingConfig, name: str, value: float) -> TrainingConfig:
    parameters = {**config.estimator.parameters, name: value}
    return config.model_copy(update={"estimator": config.estimator.model_copy(update={"parameters": parameters})})


def _words(config: TrainingConfig, asked: PruningConfig) -> str:
    if asked.method == "cost_complexity":
        return f"ccp_alpha {_value(config, 'ccp_alpha'):.3g}"
    return f"{_value(config, _count_of(config))} {'iterations' if _count_of(config) != 'n_estimators' else 'trees'}"


def _units(pipeline: Any) -> str:
    return f"hidden units {'-'.join(map(str, hidden_units.sizes(pipeline))) or 'none'}"
