"""The estimators that a config may name, and build(config): one of them, unfitted, its parameters checked.

Which names there are is said in training/slipway_training/config/estimator.py; here is where each is imported from, so
that nothing is imported that is not asked for, and what each is told beside the config: to keep quiet and to count in
one thread.
"""

import inspect
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from slipway_training.config.estimator import EstimatorConfig
from slipway_training.errors import ConfigError, closest

_MODULES = {
    "sklearn.ensemble": (
        "AdaBoost*",
        "Bagging*",
        "ExtraTrees*",
        "GradientBoosting*",
        "HistGradientBoosting*",
        "RandomForest*",
    ),
    "sklearn.linear_model": (
        "BayesianRidge",
        "ElasticNet",
        "HuberRegressor",
        "Lasso",
        "LinearRegression",
        "LogisticRegression",
        "PoissonRegressor",
        "Ridge",
        "RidgeClassifier",
        "SGDClassifier",
        "SGDRegressor",
    ),
    "sklearn.naive_bayes": ("BernoulliNB", "GaussianNB"),
    "sklearn.neighbors": ("KNeighbors*",),
    "sklearn.neural_network": ("MLP*",),
    "sklearn.svm": ("LinearSVC", "LinearSVR", "SVC", "SVR"),
    "sklearn.tree": ("DecisionTree*",),
    "catboost": ("CatBoost*",),
    "lightgbm": ("LGBM*",),
    "xgboost": ("XGB*",),
}
"""A star stands for Classifier and for Regressor."""

_WHERE = {
    name.replace("*", kind): module
    for module, names in _MODULES.items()
    for name in names
    for kind in ("Classifier", "Regressor")
}
_BESIDE = {"lightgbm": {"extra_trees", "max_bin", "min_data_in_bin", "path_smooth"}}
"""Parameters that a library takes though its constructor does not name them."""

_ALWAYS: dict[str, dict[str, Any]] = {
    "catboost": {"allow_writing_files": False, "thread_count": 1, "verbose": False},
    "lightgbm": {"n_jobs": 1, "verbose": -1},
    "xgboost": {"n_jobs": 1},
}
"""One thread: sums then have the same order, and the model the same bytes, on any number of cores."""


def build(config: EstimatorConfig) -> Any:
    """The unfitted estimator; raises ConfigError for a parameter that it does not take or a library that is missing."""
    make = find(config.type)
    known = parameters(config.type)
    for name in config.parameters:
        if name not in known:
            raise ConfigError(f"config: {config.type} has no parameter {name!r}{closest(name, known)}")
    built = make(**{**_ALWAYS.get(_WHERE[config.type], {}), **config.parameters})
    if isinstance(built, BaseEstimator) and hasattr(built, "_parameter_constraints"):
        try:
            built._validate_params()  # noqa: SLF001  # what fit asks first, here before any work is done
        except ValueError as error:
            raise ConfigError(f"config: {error}") from None
    return built


def module_of(name: str) -> str:
    """The module that an estimator comes with."""
    return _WHERE[name]


def find(name: str) -> Any:
    """The class; raises ConfigError where the library that it comes with is not installed."""
    module = _WHERE[name]
    try:
        return getattr(import_module(module), name)
    except ImportError:
        raise ConfigError(
            f"config: {name} comes with {module}, which is missing; install slipway-ml[{module}]"
        ) from None


def parameters(name: str) -> set[str]:
    """The names of the parameters that an estimator takes."""
    make = find(name)
    return {*make().get_params(), *inspect.signature(make).parameters} - {"args", "kwargs"} | _BESIDE.get(
        _WHERE[name], set()
    )


def check_labels(name: str, target: NDArray[Any]) -> None:
    """Refuse an estimator that does not know the labels of the data; raises ConfigError."""
    if name == "XGBClassifier":
        classes = np.unique(target)
        if classes.dtype.kind not in "iufb" or not np.array_equal(classes, np.arange(len(classes))):
            raise ConfigError(
                "config: XGBClassifier knows classes only as the numbers 0, 1, 2 and so on; "
                "number them in the data, or take HistGradientBoostingClassifier or LGBMClassifier"
            )
