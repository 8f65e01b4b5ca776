"""Whether scikit-learn has a table as a sparse matrix after a step: no graph has, but XGBoost tells the difference.

A sparse matrix does not store its zeros, and XGBoost takes what is not stored for missing. Beside sparse columns the
zeros of dense ones are dropped as well, when a ColumnTransformer or a FeatureUnion puts them together.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

from slipway_training.export.blocks import Block

_KEEP = (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    Normalizer,
    PolynomialFeatures,
    SelectorMixin,
    SimpleImputer,
    StandardScaler,
)


def marked(fitted: Any, before: Sequence[Block], found: Sequence[Block]) -> list[Block]:
    """The blocks that a step has made of those before it, with what scikit-learn stores them in."""
    is_sparse = gives_sparse(fitted, is_sparse=any(block.is_sparse for block in before))
    if is_sparse is None:
        is_sparse = any(block.is_sparse for block in found)
    return [block if block.is_sparse == is_sparse else replace(block, is_sparse=is_sparse) for block in found]


def gives_sparse(fitted: Any, *, is_sparse: bool) -> bool | None:
    """Whether a step gives a sparse matrix, given one or not; None where it puts together what its parts give."""
    if getattr(fitted, "_sklearn_output_config", {}).get("transform", "default") != "default":
        return False
    if isinstance(fitted, FeatureUnion | Pipeline):
        return None
    said: dict[type, Callable[[], Any]] = {
        ColumnTransformer: lambda: fitted.sparse_output_,
        CountVectorizer: lambda: True,
        KBinsDiscretizer: lambda: fitted.encode == "onehot",
        OneHotEncoder: lambda: fitted.sparse_output,
        SplineTransformer: lambda: fitted.sparse_output,
        TfidfTransformer: lambda: True,
    }
    own = next((answer for kind, answer in said.items() if isinstance(fitted, kind)), None)
    return (is_sparse and isinstance(fitted, _KEEP)) if own is None else bool(own())


def remembered_densely(fitted: Any) -> Any:
    """An estimator that keeps rows or weights as sparse matrices, with arrays in their place; any other as it is."""
    matrices = {name: value for name, value in vars(fitted).items() if issparse(value)}
    if not matrices:
        return fitted
    own = copy(fitted)
    vars(own).update({name: value.toarray() for name, value in matrices.items()})
    return own
