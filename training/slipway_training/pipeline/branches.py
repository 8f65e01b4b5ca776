"""The steps of one branch: what the columns of a group go through, by the kind of the columns.

Numbers: impute, scale, bins or splines, polynomial, components. Categories: impute, encode. Text: TF-IDF. Dates: parts,
impute, scale. A step that would do nothing is left out.
"""

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from slipway_training.config.features import ColumnConfig, FeaturesConfig
from slipway_training.pipeline.dates import DateParts
from slipway_training.pipeline.transformers import transformer

MISSING_CATEGORY = "missing"

Steps = list[tuple[str, Any]]

_SCALERS: dict[str, Any] = {
    "standard": StandardScaler,
    "minmax": MinMaxScaler,
    "robust": RobustScaler,
    "max_abs": MaxAbsScaler,
    "power": PowerTransformer,
    "quantile": lambda: QuantileTransformer(n_quantiles=50, random_state=0),
}


def named_steps(options: ColumnConfig, where: str) -> Steps:
    """Transformers that the config names by their class."""
    built = [transformer(step, where) for step in options.steps]
    return [(f"{number}_{type(step).__name__.lower()}", step) for number, step in enumerate(built, start=1)]


def number_steps(options: ColumnConfig, features: FeaturesConfig, *, has_missing: bool) -> Steps:
    """For number and integer columns."""
    steps: Steps = []
    if has_missing:
        steps.append(("impute", SimpleImputer(strategy=options.missing or features.missing_numbers)))
    is_cut = options.bins is not None or options.splines is not None
    scale = options.scale or ("none" if is_cut else features.scale)
    if scale != "none":
        steps.append(("scale", _SCALERS[scale]()))
    if options.bins is not None:
        method = "averaged_inverted_cdf"
        steps.append(("bins", KBinsDiscretizer(options.bins, encode="onehot-dense", quantile_method=method)))
        steps[-1][1].set_params(random_state=0)
    if options.splines is not None:
        steps.append(("splines", SplineTransformer(n_knots=options.splines)))
    if options.polynomial is not None:
        steps.append(("polynomial", PolynomialFeatures(options.polynomial, include_bias=False)))
    if options.components is not None:
        steps.append(("components", components(options.components)))
    return steps


def boolean_steps(*, has_missing: bool) -> Steps:
    """Booleans are 0 and 1 already."""
    return [("impute", SimpleImputer(strategy="most_frequent"))] if has_missing else []


def category_steps(options: ColumnConfig, features: FeaturesConfig, *, has_missing: bool) -> Steps:
    """For text that repeats."""
    steps: Steps = []
    if has_missing:
        strategy = options.missing or features.missing_categories
        fill = MISSING_CATEGORY if strategy == "constant" else None
        steps.append(("impute", SimpleImputer(missing_values="", strategy=strategy, fill_value=fill)))
    is_open = features.unseen_categories == "allowed"
    match options.encode or features.encode:
        case "ordinal":
            unknown = {"handle_unknown": "use_encoded_value", "unknown_value": -1} if is_open else {}
            steps.append(("encode", OrdinalEncoder(dtype=np.float64, **unknown)))
        case "target":
            steps.append(("encode", TargetEncoder(cv=KFold(5, shuffle=True, random_state=0))))
        case _:
            unknown_word = "ignore" if is_open else "error"
            steps.append(("encode", OneHotEncoder(handle_unknown=unknown_word, sparse_output=False, dtype=np.float64)))
    return steps


def text_steps(options: ColumnConfig) -> Steps:
    """For one column of free text; missing text has no words."""
    return [("words", TfidfVectorizer(max_features=options.words))]


def date_steps(options: ColumnConfig, features: FeaturesConfig) -> Steps:
    """For one column of dates. What is no date is imputed even where no row lacks one, since a request may."""
    scale = options.scale or features.scale
    steps: Steps = [
        ("parts", DateParts(options.parts, options.zone, options.order)),
        ("impute", SimpleImputer(strategy=options.missing or features.missing_numbers)),
    ]
    return steps if scale == "none" else [*steps, ("scale", _SCALERS[scale]())]


def components(count: int) -> PCA:
    """Principal components, computed in full, so that the same rows give the same bytes."""
    return PCA(count, svd_solver="full")
