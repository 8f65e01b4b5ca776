"""build and fit: the preprocessing that the kinds of the columns ask for, then the estimator.

Only number columns: imputer and scaler over the whole matrix. Anything else: a ColumnTransformer with one branch per
kind. A step that would do nothing is left out. Missing text is '' and booleans are 0 and 1, as Table has them.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from app.contract.signature import Kind, Signature
from training import estimators, resampling
from training.config.features import FeaturesConfig
from training.config.model import TrainingConfig
from training.data.table import Table
from training.errors import ConfigError

MISSING_CATEGORY = "missing"

Steps = list[tuple[str, Any]]

_REFUSALS = {"CatBoostError", "LightGBMError"}
"""What libraries raise that may not be installed, where scikit-learn raises ValueError."""


def build(config: TrainingConfig, signature: Signature) -> Pipeline:
    """The unfitted pipeline of a config, for columns as the signature describes them."""
    features = config.features
    if signature.layout == "matrix":
        steps = _numeric_steps(features, any(feature.nullable for feature in signature.features))
    else:
        steps = [("columns", _column_transformer(features, signature))]
    steps.append(("estimator", estimators.build(resampling.weighted(config.estimator, config.imbalance))))
    sampler = resampling.sampler(config.imbalance)
    return Pipeline(steps) if sampler is None else resampling.with_sampler(steps, sampler)


def fit(config: TrainingConfig, signature: Signature, learn: Table) -> tuple[Pipeline, str]:
    """The fitted pipeline, and a note when the estimator stopped before it converged."""
    pipeline = build(config, signature)
    return pipeline, fit_quietly(pipeline, learn, config.estimator.type)


def fit_quietly(model: Any, learn: Table, name: str) -> str:
    """Fit; the note when the estimator stopped before it converged. Raises ConfigError where it cannot be fitted."""
    # One thread: sums then have the same order, and the model the same bytes, on any number of cores.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        try:
            model.fit(learn.frame, learn.target)
        except Exception as error:
            if not isinstance(error, ValueError) and type(error).__name__ not in _REFUSALS:
                raise
            raise ConfigError(
                f"config: {name} cannot be fitted with these parameters: {str(error).splitlines()[0]}"
            ) from error
    has_stopped = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return " (stopped before it converged; raise max_iter)" if has_stopped else ""


def _column_transformer(config: FeaturesConfig, signature: Signature) -> ColumnTransformer:
    numeric = _columns(signature, Kind.NUMBER, Kind.INTEGER)
    booleans = _columns(signature, Kind.BOOLEAN)
    categories = _columns(signature, Kind.CATEGORY)
    nullable = {feature.name for feature in signature.features if feature.nullable}
    boolean_steps: Steps = [("impute", SimpleImputer(strategy="most_frequent"))] if nullable & {*booleans} else []
    category_steps: Steps = [("impute", _category_imputer(config))] if nullable & {*categories} else []
    category_steps.append(("encode", _encoder(config)))
    branches = (
        ("numbers", _numeric_steps(config, bool(nullable & {*numeric})), numeric),
        ("booleans", boolean_steps, booleans),
        ("categories", category_steps, categories),
    )
    transformers = [(name, Pipeline(steps) if steps else "passthrough", cols) for name, steps, cols in branches if cols]
    return ColumnTransformer(transformers, sparse_threshold=0)


def _numeric_steps(config: FeaturesConfig, has_missing: bool) -> Steps:
    steps: Steps = [("impute", SimpleImputer(strategy=config.missing_numbers))] if has_missing else []
    if config.scale != "none":
        steps.append(("scale", StandardScaler() if config.scale == "standard" else MinMaxScaler()))
    return steps


def _category_imputer(config: FeaturesConfig) -> SimpleImputer:
    fill = MISSING_CATEGORY if config.missing_categories == "constant" else None
    return SimpleImputer(missing_values="", strategy=config.missing_categories, fill_value=fill)


def _encoder(config: FeaturesConfig) -> OneHotEncoder:
    unknown = "ignore" if config.unseen_categories == "allowed" else "error"
    return OneHotEncoder(handle_unknown=unknown, sparse_output=False, dtype=np.float64)


def _columns(signature: Signature, *kinds: Kind) -> list[str]:
    return [feature.name for feature in signature.features if feature.kind in kinds]
