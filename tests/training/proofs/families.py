"""One model or two of every family that the optimiser knows, on data that comes with scikit-learn or is made up."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from xgboost import XGBClassifier

Data = tuple[Any, Any]
Maker = Callable[[], tuple[Any, Data]]
"""Gives a pipeline that is not fitted yet, and the rows and target for it."""


def _synthetic_rows() -> Data:
    found: Data = make_classification(20_000, 40, random_state=0)
    return found


def _far_from_zero() -> Data:
    random = np.random.default_rng(0)
    rows = 1e6 + random.normal(size=(3000, 10))
    return rows, (rows.sum(axis=1) + random.normal(size=3000) > 1e7).astype(np.int64)


def _toolkit(load: Any) -> Data:
    found: Data = load(return_X_y=True)
    return found


def _network(*layers: int) -> Any:
    return make_pipeline(MinMaxScaler(), MLPClassifier(layers, random_state=0, max_iter=60))


FAMILIES: Mapping[str, Maker] = {
    "linear, breast_cancer": lambda: (_scaled(LogisticRegression(max_iter=1000)), _toolkit(load_breast_cancer)),
    "linear, digits": lambda: (_scaled(LogisticRegression(max_iter=1000)), _toolkit(load_digits)),
    "linear, diabetes": lambda: (_scaled(Ridge()), _toolkit(load_diabetes)),
    "linear, 20,000 x 40 made up": lambda: (_scaled(LogisticRegression(max_iter=1000)), _synthetic_rows()),
    "linear, 1,000,000 +- 1": lambda: (_scaled(LogisticRegression()), _far_from_zero()),
    "network 64-256-256-10, digits": lambda: (_network(256, 256), _toolkit(load_digits)),
    "network 64-1024-1024-10, digits": lambda: (_network(1024, 1024), _toolkit(load_digits)),
    "support vectors, digits": lambda: (SVC(), _toolkit(load_digits)),
    "neighbours, digits": lambda: (KNeighborsClassifier(), _toolkit(load_digits)),
    "neighbours behind a scaler, digits": lambda: (_scaled(KNeighborsClassifier()), _toolkit(load_digits)),
    "forest of 200, digits": lambda: (RandomForestClassifier(200, random_state=0), _toolkit(load_digits)),
    "forest of 100 behind a scaler, breast_cancer": lambda: (
        _scaled(RandomForestClassifier(100, random_state=0)),
        _toolkit(load_breast_cancer),
    ),
    "forest of 100 values, diabetes": lambda: (RandomForestRegressor(random_state=0), _toolkit(load_diabetes)),
    "extra trees, 60, digits": lambda: (ExtraTreesClassifier(60, random_state=0), _toolkit(load_digits)),
    "boosting, 20,000 x 40 made up": lambda: (HistGradientBoostingClassifier(random_state=0), _synthetic_rows()),
    "boosting of values, diabetes": lambda: (HistGradientBoostingRegressor(random_state=0), _toolkit(load_diabetes)),
    "gradient boosting, digits": lambda: (
        GradientBoostingClassifier(n_estimators=50, random_state=0),
        _toolkit(load_digits),
    ),
    "XGBoost, 20,000 x 40 made up": lambda: (XGBClassifier(n_jobs=1, random_state=0), _synthetic_rows()),
    "LightGBM, 20,000 x 40 made up": lambda: (LGBMClassifier(n_jobs=1, verbose=-1, random_state=0), _synthetic_rows()),
    "network of values 10-256-256-1, diabetes": lambda: (
        make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(256, 256), random_state=0, max_iter=60)),
        _toolkit(load_diabetes),
    ),
}
OTHER_MODELS: Mapping[str, Maker] = {
    f"{name}, as another model": FAMILIES[name]
    for name in ("forest of 200, digits", "forest of 100 values, diabetes", "boosting, 20,000 x 40 made up")
}
"""Those of which trees are left out or pruned, because that is asked for."""


def _scaled(estimator: Any) -> Any:
    return make_pipeline(StandardScaler(), estimator)
