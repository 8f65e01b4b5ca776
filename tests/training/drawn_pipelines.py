"""Pipelines as users write them, drawn by a number, on rows with everything that makes tables hard.

Text with categories that only held-out rows have, missing cells, integers, booleans, free text; each transformer with
each family of estimators, alone and calibrated, stacked, voted, searched, bagged, thresholded.
"""

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

ROWS = 220
LEARN = 160


def _bins(count: int) -> KBinsDiscretizer:
    return KBinsDiscretizer(count, quantile_method="averaged_inverted_cdf")


NUMERIC = {
    "nothing": lambda: "passthrough",
    "standard": StandardScaler,
    "minmax": lambda: MinMaxScaler(clip=True),
    "robust": RobustScaler,
    "maxabs": MaxAbsScaler,
    "bins": lambda: _bins(4),
    "power": PowerTransformer,
    "poly": lambda: PolynomialFeatures(2),
    "pca": lambda: make_pipeline(StandardScaler(), PCA(2)),
    "normalizer": Normalizer,
    "log": lambda: make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(np.log1p)),
    "union": lambda: FeatureUnion([("scaled", StandardScaler()), ("bins", _bins(3))]),
    "select": lambda: make_pipeline(VarianceThreshold(), SelectKBest(k=2)),
    "log10": lambda: make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(np.log1p), StandardScaler()),
    "square": lambda: FunctionTransformer(np.square),
    "bins apart": lambda: KBinsDiscretizer(4, encode="onehot", quantile_method="averaged_inverted_cdf"),
    "own": lambda: FunctionTransformer(lambda rows: rows * 2),
    "spline": SplineTransformer,
}
TEXT = {
    "onehot": lambda: OneHotEncoder(handle_unknown="ignore"),
    "rare": lambda: OneHotEncoder(min_frequency=12, handle_unknown="infrequent_if_exist"),
    "first": lambda: OneHotEncoder(drop="first", handle_unknown="ignore"),
    "ordinal": lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "target": lambda: TargetEncoder(random_state=0),
}
NOTES = {
    "none": lambda: "drop",
    "tfidf": TfidfVectorizer,
    "phrases": lambda: TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
    "counts": lambda: CountVectorizer(binary=True),
    "two steps": lambda: make_pipeline(CountVectorizer(), TfidfTransformer(sublinear_tf=True)),
    "svd": lambda: make_pipeline(TfidfVectorizer(), TruncatedSVD(2, random_state=0)),
}
CLASSIFIERS = {
    "logistic": lambda: LogisticRegression(max_iter=300),
    "ridge": RidgeClassifier,
    "linear svc": LinearSVC,
    "hinge": lambda: SGDClassifier(random_state=0),
    "svc": SVC,
    "tree": lambda: DecisionTreeClassifier(max_depth=5, random_state=0),
    "forest": lambda: RandomForestClassifier(12, random_state=0),
    "extra": lambda: ExtraTreesClassifier(12, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=8, random_state=0),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=8, random_state=0),
    "xgboost": lambda: XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1),
    "lightgbm": lambda: LGBMClassifier(n_estimators=6, n_jobs=1, verbose=-1),
    "ada": lambda: AdaBoostClassifier(n_estimators=8, random_state=0),
    "neighbours": KNeighborsClassifier,
    "bayes": GaussianNB,
    "network": lambda: MLPClassifier((8,), max_iter=60, random_state=0),
}
REGRESSORS = {
    "linear": LinearRegression,
    "ridge": Ridge,
    "elastic": ElasticNet,
    "svr": SVR,
    "xgboost": lambda: XGBRegressor(n_estimators=6, max_depth=3, n_jobs=1),
    "lightgbm": lambda: LGBMRegressor(n_estimators=6, n_jobs=1, verbose=-1),
    "tree": lambda: DecisionTreeRegressor(max_depth=5, random_state=0),
    "forest": lambda: RandomForestRegressor(12, random_state=0),
    "extra": lambda: ExtraTreesRegressor(12, random_state=0),
    "boosting": lambda: GradientBoostingRegressor(n_estimators=8, random_state=0),
    "histogram": lambda: HistGradientBoostingRegressor(max_iter=8, random_state=0),
    "neighbours": KNeighborsRegressor,
}
CLASSIFIER_WRAPS = {
    "": lambda model: model,
    "sigmoid": lambda model: CalibratedClassifierCV(model, cv=3),
    "isotonic": lambda model: CalibratedClassifierCV(model, method="isotonic", cv=3),
    "stacked": lambda model: StackingClassifier([("one", model), ("two", LogisticRegression(max_iter=300))], cv=3),
    "soft vote": lambda model: VotingClassifier([("one", model), ("two", LogisticRegression())], voting="soft"),
    "hard vote": lambda model: VotingClassifier([("one", model), ("two", LinearSVC()), ("three", GaussianNB())]),
    "bagged": lambda model: BaggingClassifier(model, n_estimators=3, random_state=0),
    "one by one": OneVsRestClassifier,
    "threshold": lambda model: TunedThresholdClassifierCV(model, cv=3, random_state=0),
    "searched": lambda model: GridSearchCV(model, {}, cv=2),
}
REGRESSOR_WRAPS = {
    "": lambda model: model,
    "log target": lambda model: TransformedTargetRegressor(model, func=np.log1p, inverse_func=np.expm1),
    "scaled target": lambda model: TransformedTargetRegressor(model, transformer=StandardScaler()),
    "stacked": lambda model: StackingRegressor([("one", model), ("two", Ridge())], cv=3),
    "vote": lambda model: VotingRegressor([("one", model), ("two", Ridge())], weights=[2, 1]),
    "bagged": lambda model: BaggingRegressor(model, n_estimators=3, random_state=0),
}
SEEDS = 12
"""So many different tables of each form."""
_TAKES_MISSING = {"tree", "forest", "extra", "histogram", "xgboost", "lightgbm"}
_TAKES_SPARSE = {"xgboost", "lightgbm", "forest", "extra", "logistic", "linear svc", "ridge", "tree", "svc"}
_KEEPS_MISSING = {"nothing", "standard", "minmax", "robust", "maxabs"}


@dataclass(frozen=True)
class Case:
    """A pipeline that is not fitted yet, and rows for it: the first LEARN to fit on, the others held out."""

    name: str
    pipeline: Any
    rows: pd.DataFrame
    target: Any


def draw(dice: random.Random) -> Case:
    """Any combination of the tables above, on rows of a few seeds."""
    is_classifier = dice.random() < 0.5  # as often as not
    numeric, text, note = (dice.choice(sorted(table)) for table in (NUMERIC, TEXT, NOTES))
    models, wraps = (CLASSIFIERS, CLASSIFIER_WRAPS) if is_classifier else (REGRESSORS, REGRESSOR_WRAPS)
    model, wrap = dice.choice(sorted(models)), dice.choice(["", *sorted(wraps)])
    labels = dice.choice(["text", "integers", "booleans", "three"]) if is_classifier else "values"
    if model == "xgboost" and labels in {"text", "three"}:
        labels = "codes"
    has_missing, fills = dice.random() < 0.5, dice.random() < 0.5
    fills = fills or wrap in {"stacked", "soft vote", "hard vote", "vote"} or model not in _TAKES_MISSING
    fills = fills or numeric not in _KEEPS_MISSING
    rows, target = table(dice.randrange(SEEDS), labels, has_missing=has_missing)
    parts = [NUMERIC[numeric]()]
    numbers = make_pipeline(SimpleImputer(strategy="median"), *parts) if has_missing and fills else parts[0]
    texts = [TEXT[text]()]
    filled = [SimpleImputer(strategy="most_frequent")] if has_missing and dice.random() < 0.5 else []
    encoded = dice.choice([["city", "grade"], ["city", "grade"], ["city", "rooms", "grade"], ["grade", "flag", "city"]])
    columns = ColumnTransformer(
        [
            ("numbers", numbers, [name for name in ("size", "price", "rooms") if name not in encoded]),
            ("texts", make_pipeline(*filled, *texts), encoded),
            ("note", NOTES[note](), "note"),
            ("flag", "passthrough", ["flag"] if "flag" not in encoded else []),
        ],
        sparse_threshold=dice.choice([0, 0.3, 1.0]) if model in _TAKES_SPARSE else 0,
    )
    wrapped = wraps[wrap](models[model]())
    gaps = ("filled" if fills else "kept") if has_missing else "none"
    sparse = f"sparse {columns.sparse_threshold}" if columns.sparse_threshold else ""
    over = " ".join(encoded[2:] and ["over", *encoded])
    name = f"{numeric} | {text} {over} | {note} | {model} {wrap} | {labels}, missing {gaps} {sparse}"
    return Case(" ".join(name.split()), make_pipeline(columns, wrapped), rows, target)


@cache
def table(seed: int, labels: str, *, has_missing: bool) -> tuple[pd.DataFrame, Any]:
    """Rows of every kind of column; some categories are in the held-out rows only."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "size": random.normal(50, 12, ROWS).round(2),
            "price": random.lognormal(3, 1, ROWS),
            "rooms": random.integers(1, 7, ROWS),
            "city": random.choice(["Bonn", "Ulm", "Köln", "Jena"], ROWS),
            "grade": random.choice(["a", "b", "c"], ROWS, p=[0.6, 0.35, 0.05]),
            "note": [" ".join(random.choice(["good", "bad", "Über", "old", "new", "x1"], 4)) for _ in range(ROWS)],
            "flag": random.random(ROWS) < 0.5,
        }
    )
    signal = rows["size"] / 12 + rows["rooms"] + 2 * (rows["city"] == "Ulm") + random.normal(0, 0.7, ROWS)
    rows.loc[ROWS - 3 :, "city"] = "Trier"
    if has_missing:
        for name in ("size", "price", "city"):
            rows.loc[random.random(ROWS) < 0.15, name] = np.nan
    return rows, _target(signal.to_numpy(), labels)


def _target(signal: Any, labels: str) -> Any:
    middle = np.median(signal)
    match labels:
        case "values":
            return signal - signal.min()
        case "codes":
            return np.digitize(signal, np.quantile(signal, [0.33, 0.66]))
        case "three":
            return np.array(["low", "mid", "top"])[np.digitize(signal, np.quantile(signal, [0.33, 0.66]))]
        case "text":
            return np.where(signal > middle, "yes", "no")
        case "booleans":
            return signal > middle
    return np.where(signal > middle, 7, 3)
