"""What people write every day is exported, and what is refused says what to write instead, which is then exported."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC
from xgboost import XGBClassifier

from tests.claims import for_each
from tests.training.proofs.verdict import judge

ROWS, LEARN = 240, 180
LETTERS, WORDS = r"[a-z]+", r"(?u)\b\w+\b"
RANDOM = np.random.default_rng(7)
NUMBERS, CODES = ["age", "fare"], ["embarked", "sex", "pclass", "alone"]


def passengers() -> tuple[pd.DataFrame, Any]:
    rows = pd.DataFrame(
        {
            "age": RANDOM.normal(30, 10, ROWS).round(),
            "fare": RANDOM.lognormal(3, 1, ROWS).round(2),
            "embarked": RANDOM.choice(list("SCQ"), ROWS),
            "sex": RANDOM.choice(["male", "female"], ROWS),
            "pclass": RANDOM.integers(1, 4, ROWS),
            "alone": RANDOM.random(ROWS) < 0.5,
        }
    )
    return rows, ((rows["sex"] == "female") ^ (rows["pclass"] == 3)).astype(int).to_numpy()


def with_categories() -> tuple[pd.DataFrame, Any]:
    rows, target = passengers()
    rows["pclass"] = (rows["pclass"] * 10).astype("category")
    rows["alone"] = rows["alone"].astype("category")
    rows["embarked"] = pd.Categorical(rows["embarked"], categories=list("QSC"), ordered=True)
    return rows.drop(columns="sex"), target


def sentences() -> tuple[Any, Any]:
    words = np.array(["red", "green", "blue", "fast", "slow", "cheap", "good", "bad", "ugly", "nice"])
    texts = np.array([" ".join(RANDOM.choice(words, 5)) for _ in range(ROWS)], dtype=object)
    return texts, np.array([int("good" in text) for text in texts])


def boosted(**given: Any) -> XGBClassifier:
    return XGBClassifier(n_estimators=5, max_depth=3, n_jobs=1, **given)


def encoded(encoder: Any, model: Any, **given: Any) -> Any:
    return make_pipeline(make_column_transformer((encoder, CODES), (StandardScaler(), NUMBERS), **given), model)


def one_hot(**given: Any) -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore", **given)


def bins() -> KBinsDiscretizer:
    return KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf")


EVERYDAY: dict[str, tuple[Callable[[], tuple[Any, Any]], Any]] = {
    "sparse one-hot before XGBoost": (passengers, encoded(one_hot(), boosted())),
    "sparse one-hot beside a mark of gaps": (passengers, encoded(one_hot(), boosted(missing=-1), sparse_threshold=1)),
    "dense one-hot before XGBoost": (passengers, encoded(one_hot(sparse_output=False), boosted())),
    "sparse one-hot before LightGBM": (passengers, encoded(one_hot(), LGBMClassifier(n_estimators=5, verbose=-1))),
    "sparse bins before XGBoost": (lambda: numbers_of(passengers()), make_pipeline(bins(), boosted())),
    "dense and sparse side by side": (
        lambda: numbers_of(passengers()),
        make_pipeline(FeatureUnion([("scaled", StandardScaler()), ("bins", bins())]), boosted()),
    ),
    "text before XGBoost": (sentences, make_pipeline(TfidfVectorizer(), boosted())),
    "counts before XGBoost": (sentences, make_pipeline(CountVectorizer(), boosted())),
    "weighed counts": (sentences, make_pipeline(CountVectorizer(), TfidfTransformer(), LogisticRegression())),
    "weighed counts before XGBoost": (
        sentences,
        make_pipeline(CountVectorizer(), TfidfTransformer(sublinear_tf=True, norm="l1"), boosted()),
    ),
    "one encoder for text, numbers and booleans": (passengers, encoded(one_hot(), LogisticRegression())),
    "one encoder that drops": (passengers, encoded(one_hot(drop="if_binary"), LogisticRegression())),
    "one encoder of rare categories": (
        passengers,
        encoded(OneHotEncoder(min_frequency=0.3, handle_unknown="infrequent_if_exist"), RandomForestClassifier(5)),
    ),
    "one ordinal encoder": (
        passengers,
        encoded(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), RandomForestClassifier(5)),
    ),
    "one target encoder": (passengers, encoded(TargetEncoder(random_state=0), RandomForestClassifier(5))),
    "one imputer, then one encoder": (
        passengers,
        encoded(make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot()), LogisticRegression()),
    ),
    "support vectors of sparse rows": (passengers, encoded(one_hot(), SVC())),
    "support vectors of sparse rows, stacked": (
        passengers,
        encoded(one_hot(), StackingClassifier([("svc", SVC())], cv=2)),
    ),
    "neighbours among sparse rows": (passengers, encoded(one_hot(), KNeighborsClassifier(weights="distance"))),
    "categories of numbers before LightGBM": (
        with_categories,
        LGBMClassifier(n_estimators=5, verbose=-1, min_data_per_group=5, cat_smooth=1, min_child_samples=5),
    ),
    "categories of numbers before histograms": (
        with_categories,
        HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=5),
    ),
    "isotonic calibration of a small forest": (
        lambda: numbers_of(passengers()),
        CalibratedClassifierCV(RandomForestClassifier(7, max_depth=2, random_state=0), method="isotonic", cv=3),
    ),
    "calibration of LightGBM": (
        lambda: numbers_of(passengers()),
        CalibratedClassifierCV(LGBMClassifier(n_estimators=5, verbose=-1), method="isotonic", cv=2),
    ),
    "ties between two trees": (lambda: numbers_of(passengers()), RandomForestClassifier(2, random_state=0)),
}


def numbers_of(data: tuple[pd.DataFrame, Any]) -> tuple[pd.DataFrame, Any]:
    return data[0][["age", "fare", "pclass"]], data[1]


@for_each("data, model", EVERYDAY)
def test_everyday_pipeline_is_exported(data: Callable[[], tuple[Any, Any]], model: Any) -> None:
    verdict = judged(data, model)

    assert verdict.parity is not None, verdict.refusal
    assert verdict.parity.label_flips == 0


def test_coefficients_kept_as_a_sparse_matrix_are_exported() -> None:
    rows, target = numbers_of(passengers())
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target)
    model[-1].sparsify()

    verdict = judge("sparse", model, (rows, target), (rows, target))

    assert verdict.parity is not None, verdict.refusal


FUNCTIONS: list[Any] = [
    *(np.abs, np.cbrt, np.ceil, np.cos, np.degrees, np.exp2, np.expm1, np.fix, np.floor, np.isnan, np.log, np.log10),
    *(np.log1p, np.log2, np.negative, np.radians, np.reciprocal, np.rint, np.sign, np.sin, np.sqrt, np.square),
    *(np.tanh, np.trunc),
]


@for_each("function", {one.__name__: one for one in FUNCTIONS})
def test_usual_function_of_numpy_is_exported(function: Any) -> None:
    model = make_pipeline(FunctionTransformer(function), StandardScaler(), LogisticRegression())

    verdict = judged(lambda: (np.abs(RANDOM.normal(1, 1, (ROWS, 2))) + 0.1, RANDOM.integers(0, 2, ROWS)), model)

    assert verdict.parity is not None, verdict.refusal


ADVICE: dict[str, tuple[str, Callable[[], tuple[Any, Any]], Any, Any]] = {
    "a function of Python": (
        "use one of numpy's absolute",
        lambda: numbers_of(passengers()),
        make_pipeline(FunctionTransformer(lambda rows: rows * rows), LogisticRegression()),
        make_pipeline(FunctionTransformer(np.square), LogisticRegression()),
    ),
    "a linear tree": (
        "linear_tree=True has no exact form; leave it out",
        lambda: numbers_of(passengers()),
        LGBMClassifier(n_estimators=3, verbose=-1, linear_tree=True),
        LGBMClassifier(n_estimators=3, verbose=-1),
    ),
    "zeros as gaps": (
        "zero_as_missing=True has no exact form; leave it out",
        lambda: numbers_of(passengers()),
        LGBMClassifier(n_estimators=3, verbose=-1, zero_as_missing=True),
        LGBMClassifier(n_estimators=3, verbose=-1),
    ),
    "a tokenizer": (
        "tokenizer=a function has no exact form; leave it at None",
        sentences,
        make_pipeline(TfidfVectorizer(tokenizer=str.split, token_pattern=None), LogisticRegression()),
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
    ),
    "characters": (
        "analyzer='char' has no exact form; leave it at 'word'",
        sentences,
        make_pipeline(TfidfVectorizer(analyzer="char"), LogisticRegression()),
        make_pipeline(TfidfVectorizer(analyzer="word"), LogisticRegression()),
    ),
    "another pattern": (
        r"use the default or r'(?u)\b\w+\b'",
        sentences,
        make_pipeline(TfidfVectorizer(token_pattern=LETTERS), LogisticRegression()),
        make_pipeline(TfidfVectorizer(token_pattern=WORDS), LogisticRegression()),
    ),
    "a linear booster": (
        "use booster='gbtree' or 'dart'",
        lambda: numbers_of(passengers()),
        XGBClassifier(booster="gblinear", n_estimators=3),
        boosted(booster="gbtree"),
    ),
    "a random forest of LightGBM": (
        "use RandomForestClassifier",
        lambda: numbers_of(passengers()),
        LGBMClassifier(n_estimators=3, verbose=-1, boosting_type="rf", subsample=0.5, subsample_freq=1),
        RandomForestClassifier(3),
    ),
}


@for_each("advice, data, refused, followed", ADVICE)
def test_advice_of_a_refusal_is_exported_when_followed(
    advice: str, data: Callable[[], tuple[Any, Any]], refused: Any, followed: Any
) -> None:
    assert advice in judged(data, refused).refusal

    verdict = judged(data, followed)

    assert verdict.parity is not None, verdict.refusal


def judged(data: Callable[[], tuple[Any, Any]], model: Any) -> Any:
    rows, target = data()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bins and folds that few rows leave empty
        model.fit(rows[:LEARN], target[:LEARN])
        return judge("everyday", model, (rows[:LEARN], target[:LEARN]), (rows[LEARN:], target[LEARN:]))
