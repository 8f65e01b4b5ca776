"""The pipelines of `scripts/prove trees`: those whose usual export is wrong, and one of every kind of trees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)


@dataclass(frozen=True, slots=True)
class Case:
    """A fitted pipeline, rows it has not seen, and what is promised of a variant: share of the usual size, latency."""

    name: str
    pipeline: Any
    learn: tuple[NDArray[np.float64], Any]
    held_out: NDArray[np.float64]
    promises: tuple[tuple[str, float, float], ...] = ()


def cases(wanted: str) -> Iterator[Case]:
    """Those whose title holds the text, each fitted when it is its turn."""
    for title, data, scaler, estimator, promises in _all():
        steps = [type(step).__name__ for step in (scaler, estimator) if step is not None]
        trees = getattr(estimator, "n_estimators", getattr(estimator, "max_iter", 1))
        name = f"{title}, {' + '.join(steps)}({trees})"
        if wanted in name:
            yield _fitted(name, data, scaler, estimator, promises)


def _all() -> Iterator[tuple[str, Any, Any, Any, tuple[tuple[str, float, float], ...]]]:
    cancer = load_breast_cancer(return_X_y=True)
    digits = load_digits(return_X_y=True)
    diabetes = load_diabetes(return_X_y=True)
    synthetic = make_classification(20_000, 40, n_informative=10, random_state=0)
    random = np.random.default_rng(0)
    offset = (1e5 + random.normal(size=(2000, 10)), random.integers(0, 2, 2000))
    missing = np.where(random.random(cancer[0].shape) < 0.1, np.nan, cancer[0])
    several = (diabetes[0], np.column_stack([diabetes[1], diabetes[0][:, 2] * diabetes[1]]))
    for scaler in (StandardScaler(), RobustScaler(), MinMaxScaler(clip=True), PowerTransformer(), _quantiles()):
        yield "breast_cancer", cancer, scaler, RandomForestClassifier(50, random_state=0), ()
    yield "breast_cancer", cancer, StandardScaler(), GradientBoostingClassifier(random_state=0), ()
    yield "breast_cancer with NaN", (missing, cancer[1]), None, RandomForestClassifier(50, random_state=0), ()
    yield "1e5 and noise", offset, StandardScaler(), RandomForestClassifier(30, random_state=0), ()
    yield "diabetes", diabetes, StandardScaler(), RandomForestRegressor(random_state=0), ()
    yield "digits", digits, StandardScaler(), RandomForestClassifier(random_state=0), ()
    forest = (("+ share_leaves", 0.25, 0.70), ("tree_ensemble", 0.25, 0.70))
    yield "digits", digits, None, RandomForestClassifier(200, random_state=0), forest
    boosted = (("tree_ensemble", 0.85, 9.0), ("leaves_int8", 0.30, 9.0))
    yield "synthetic", synthetic, None, HistGradientBoostingClassifier(max_iter=200, random_state=0), boosted
    yield "digits", digits, None, HistGradientBoostingClassifier(max_iter=50, random_state=0), ()
    yield "synthetic", synthetic, None, RandomForestClassifier(100, max_depth=12, random_state=0), ()
    yield "digits", digits, None, ExtraTreesClassifier(100, random_state=0), ()
    yield "diabetes", diabetes, None, GradientBoostingRegressor(random_state=0), ()
    yield "diabetes", diabetes, None, HistGradientBoostingRegressor(random_state=0), ()
    yield "diabetes, two targets", several, None, RandomForestRegressor(50, random_state=0), ()
    yield from _of_libraries(cancer, diabetes)


def _of_libraries(cancer: Any, diabetes: Any) -> Iterator[tuple[str, Any, Any, Any, Any]]:
    from lightgbm import LGBMClassifier, LGBMRegressor  # noqa: PLC0415  # extras of their own
    from xgboost import XGBClassifier, XGBRegressor  # noqa: PLC0415

    yield "breast_cancer", cancer, StandardScaler(), XGBClassifier(n_estimators=100), ()
    yield "diabetes", diabetes, None, XGBRegressor(n_estimators=100), ()
    yield "breast_cancer", cancer, StandardScaler(), LGBMClassifier(n_estimators=100, verbose=-1), ()
    yield "diabetes", diabetes, None, LGBMRegressor(n_estimators=100, verbose=-1), ()


def _quantiles() -> QuantileTransformer:
    return QuantileTransformer(n_quantiles=200, random_state=0)


def _fitted(name: str, data: Any, scaler: Any, estimator: Any, promises: Any) -> Case:
    order = np.random.default_rng(1).permutation(len(data[0]))
    rows, target = data[0][order], data[1][order]
    learnt = len(rows) * 7 // 10
    pipeline: Pipeline = make_pipeline(*([scaler] if scaler else []), estimator)
    pipeline.fit(rows[:learnt], target[:learnt])
    return Case(name, pipeline, (rows[:learnt], target[:learnt]), rows[learnt:], promises)
