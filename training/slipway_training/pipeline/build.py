"""build and fit: the preprocessing that the config asks for, then the estimator.

Missing text is '' and booleans are 0 and 1, as Table has them.
"""

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from slipway_ml.contract.signature import Signature
from slipway_training.config.model import TrainingConfig
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.pipeline import estimators, resampling
from slipway_training.pipeline.preprocessing import preprocessing

_REFUSALS = {"CatBoostError", "LightGBMError"}
"""What libraries raise that may not be installed, where scikit-learn raises ValueError."""


def refuses(error: Exception) -> bool:
    """Whether this is how a library says that a model cannot be fitted as asked."""
    return isinstance(error, ValueError) or type(error).__name__ in _REFUSALS


def build(config: TrainingConfig, signature: Signature) -> Pipeline:
    """The unfitted pipeline of a config, for columns as the signature describes them."""
    steps = preprocessing(config.features, signature)
    steps.append(("estimator", estimators.build(resampling.weighted(config.estimator, config.imbalance))))
    sampler = resampling.sampler(config.imbalance)
    return Pipeline(steps) if sampler is None else resampling.with_sampler(steps, sampler)


def fit(config: TrainingConfig, signature: Signature, learn: Table) -> tuple[Pipeline, str]:
    """The fitted pipeline, and a note when the estimator stopped before it converged."""
    pipeline = build(config, signature)
    return pipeline, fit_without_warnings(pipeline, learn, config.estimator.type)


def fit_without_warnings(model: Any, learn: Table, name: str) -> str:
    """Fit; the note when the estimator stopped before it converged. Raises ConfigError where it cannot be fitted."""
    # One thread: sums then have the same order, and the model the same bytes, on any number of cores.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        try:
            model.fit(learn.frame, learn.target)
        except Exception as error:
            if not refuses(error):
                raise
            raise ConfigError(
                f"config: {name} cannot be fitted with these parameters: {str(error).splitlines()[0]}"
            ) from error
    has_stopped = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return " (stopped before it converged; raise max_iter)" if has_stopped else ""
