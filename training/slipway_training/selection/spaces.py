"""The spaces that a search looks through: per family and parameter a span, a list of values, or one value.

Each has a start, which is tried first: a search that is stopped early has then seen every family at its usual best.
The spans are those that practice has found wide enough; a config may declare its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from slipway_ml.contract.signature import Task
from slipway_training.config.estimator import EstimatorType, task_of
from slipway_training.config.search import SearchConfig, SpanConfig
from slipway_training.errors import ConfigError, closest
from slipway_training.pipeline import estimators


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from low to high, whole where both are."""

    low: float
    high: float
    start: float
    log: bool = True

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values; the first is the start."""

    values: tuple[Any, ...]

    @property
    def words(self) -> list[str]:
        """As text, since a study keeps nothing else of lists."""
        return [json.dumps(value) for value in self.values]


Space = Mapping[str, Span | Choice]


def _forest(most: int = 300) -> Space:
    return {
        "n_estimators": Span(20, most, 100),
        "min_samples_leaf": Span(1, 20, 1),
        "max_features": Choice(("sqrt", 0.5, 1.0)),
    }


_BOOSTING = {"learning_rate": Span(0.02, 0.3, 0.1)}
_LINEAR: Space = {"alpha": Span(1e-4, 100.0, 1.0)}
_SPACES: Mapping[str, Space] = {
    "CatBoost": {
        **_BOOSTING,
        "iterations": Span(20, 300, 100),
        "depth": Span(3, 8, 6),
        "l2_leaf_reg": Span(0.5, 20.0, 3.0),
    },
    "DecisionTree": {"max_depth": Span(2, 16, 6), "min_samples_leaf": Span(1, 50, 5)},
    "ElasticNet": {"alpha": Span(1e-4, 10.0, 0.1), "l1_ratio": Span(0.05, 1.0, 0.5, log=False)},
    "ExtraTrees": _forest(),
    "GradientBoosting": {**_BOOSTING, "n_estimators": Span(20, 300, 100), "max_depth": Span(2, 6, 3)},
    "HistGradientBoosting": {
        **_BOOSTING,
        "max_iter": Span(20, 300, 100),
        "max_leaf_nodes": Span(4, 63, 31),
        "min_samples_leaf": Span(3, 100, 20),
        "l2_regularization": Span(1e-6, 10.0, 1e-6),
    },
    "KNeighbors": {"n_neighbors": Span(1, 50, 5), "weights": Choice(("uniform", "distance"))},
    "LGBM": {
        **_BOOSTING,
        "n_estimators": Span(20, 300, 100),
        "num_leaves": Span(4, 63, 31),
        "min_child_samples": Span(3, 100, 20),
        "reg_lambda": Span(1e-6, 10.0, 1e-6),
        "colsample_bytree": Span(0.3, 1.0, 1.0, log=False),
    },
    "Lasso": _LINEAR,
    "LinearSVC": {"C": Span(1e-3, 100.0, 1.0)},
    "LogisticRegression": {"C": Span(1e-3, 100.0, 1.0), "max_iter": Choice((1000,))},
    "MLP": {
        "hidden_layer_sizes": Choice(([64], [32], [128], [64, 64])),
        "alpha": Span(1e-5, 1.0, 1e-4),
        "learning_rate_init": Span(1e-4, 1e-2, 1e-3),
        "max_iter": Choice((300,)),
    },
    "RandomForest": _forest(),
    "Ridge": _LINEAR,
    "SVC": {"C": Span(1e-2, 100.0, 1.0), "gamma": Span(1e-4, 10.0, 0.1)},
    "SVR": {"C": Span(1e-2, 100.0, 1.0), "gamma": Span(1e-4, 10.0, 0.1)},
    "XGB": {
        **_BOOSTING,
        "n_estimators": Span(20, 300, 100),
        "max_depth": Span(2, 8, 6),
        "min_child_weight": Span(0.5, 20.0, 1.0),
        "subsample": Span(0.5, 1.0, 1.0, log=False),
        "colsample_bytree": Span(0.3, 1.0, 1.0, log=False),
        "reg_lambda": Span(1e-3, 10.0, 1.0),
    },
}
_USUAL: Mapping[Task, tuple[EstimatorType, ...]] = {
    Task.CLASSIFICATION: (
        "LogisticRegression",
        "DecisionTreeClassifier",
        "HistGradientBoostingClassifier",
        "ExtraTreesClassifier",
        "RandomForestClassifier",
    ),
    Task.REGRESSION: (
        "Ridge",
        "DecisionTreeRegressor",
        "HistGradientBoostingRegressor",
        "ExtraTreesRegressor",
        "RandomForestRegressor",
    ),
}
_EXTRAS: Mapping[Task, tuple[EstimatorType, ...]] = {
    Task.CLASSIFICATION: ("LGBMClassifier", "XGBClassifier"),
    Task.REGRESSION: ("LGBMRegressor", "XGBRegressor"),
}


def families_of(config: SearchConfig, task: Task) -> tuple[EstimatorType, ...]:
    """Those of the config, else the usual ones and those whose library is installed; raises ConfigError."""
    usual = (*_USUAL[task], *(name for name in _EXTRAS[task] if find_spec(estimators.module_of(name)) is not None))
    found = config.families or tuple(dict.fromkeys((*usual, *config.spaces)))
    for name in (*found, *config.spaces):
        if task_of(name) is not task:
            raise ConfigError(f"config: [search] names {name}, which is not for task '{task}'")
        if name not in found:
            raise ConfigError(f"config: search.spaces has {name}, which search.families leaves out")
    return found


def space_of(family: EstimatorType, config: SearchConfig) -> Space:
    """What the config declares for a family, else the usual space; raises ConfigError for an unknown parameter."""
    declared = config.spaces.get(family)
    if declared is None:
        stem = family.removesuffix("Classifier").removesuffix("Regressor")
        return _SPACES.get(stem, {})
    known = estimators.parameters(family)
    for name in declared:
        if name not in known:
            raise ConfigError(f"config: search.spaces: {family} has no parameter {name!r}{closest(name, known)}")
    return {name: _declared(family, name, part) for name, part in declared.items()}


def _declared(family: str, name: str, part: SpanConfig | list[Any]) -> Span | Choice:
    if isinstance(part, list):
        if not part:
            raise ConfigError(f"config: search.spaces.{family}.{name} is an empty list; give it a value")
        return Choice(tuple(part))
    middle = (part.low * part.high) ** 0.5 if part.log else (part.low + part.high) / 2
    is_whole = isinstance(part.low, int) and isinstance(part.high, int)
    return Span(part.low, part.high, round(middle) if is_whole else middle, part.log)
