"""Columns of categories that a library splits itself, without an encoder before it: LightGBM and histogram boosting."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from slipway_ml.contract.parity import Parity
from tests.training.proofs.verdict import judge, prove

RANDOM = np.random.default_rng(0)
ROWS = 260
CITIES = np.array(["Bonn", "Essen", "Jena", "Köln", "Mainz", "Trier", "Ulm"], dtype=object)
CITY = RANDOM.integers(len(CITIES), size=ROWS)
SIZE = RANDOM.normal(size=ROWS)
TABLE = pd.DataFrame(
    {
        "size": SIZE,
        "city": pd.Categorical([None if RANDOM.random() < 0.1 else CITIES[city] for city in CITY]),
        "age": np.where(RANDOM.random(ROWS) < 0.1, np.nan, RANDOM.normal(size=ROWS)),
        "colour": pd.Categorical(RANDOM.choice(["blue", "red"], ROWS)),
    }
)
THREE = (SIZE > 0).astype(int) + (CITY % 3 == 0)
VALUES = 3.0 * (CITY % 3) + SIZE
SMALL: dict[str, Any] = {
    "min_child_samples": 2,
    "min_data_per_group": 2,
    "cat_smooth": 1.0,
    "n_estimators": 12,
    "verbose": -1,
}


def parity_of(estimator: Any, rows: pd.DataFrame, target: Any) -> Parity:
    estimator.fit(rows[:200], target[:200])
    return prove(estimator, (rows[:200], target[:200]), (rows[200:], target[200:]))


@pytest.mark.parametrize("target", [THREE > 0, THREE], ids=["two classes", "three classes"])
def test_lightgbm_splits_sets_of_pandas_categories_exactly(target: Any) -> None:
    parity = parity_of(LGBMClassifier(**SMALL), TABLE, target)

    kinds = {one.kind for one in parity.kinds}
    assert (parity.label_flips, parity.blind_steps) == (0, 0)
    assert {"unseen_category", "missing", "category", "threshold"} <= kinds


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_lightgbm_splits_sets_of_whole_numbers_exactly() -> None:
    rows = pd.DataFrame({"city": CITY, "size": SIZE})
    estimator = LGBMRegressor(**SMALL)
    estimator.fit(rows[:200], VALUES[:200], categorical_feature=["city"])

    parity = prove(estimator, (rows[:200], VALUES[:200]), (rows[200:], VALUES[200:]))

    assert parity.largest_difference < 1e-5
    assert parity.edge_rows > 100


@pytest.mark.parametrize("target", [THREE > 0, THREE], ids=["two classes", "three classes"])
def test_histogram_boosting_splits_categories_from_their_dtype_exactly(target: Any) -> None:
    parity = parity_of(HistGradientBoostingClassifier(max_iter=12, min_samples_leaf=2), TABLE, target)

    kinds = {one.kind for one in parity.kinds}
    assert (parity.label_flips, parity.blind_steps) == (0, 0)
    assert {"unseen_category", "missing", "category", "threshold"} <= kinds


def test_histogram_boosting_splits_named_columns_of_numbers_exactly() -> None:
    rows = pd.DataFrame({"size": SIZE, "city": CITY.astype(float)})
    estimator = HistGradientBoostingRegressor(max_iter=12, min_samples_leaf=2, categorical_features=["city"])

    parity = parity_of(estimator, rows, VALUES)

    assert parity.largest_difference < 1e-5


def test_catboost_with_categories_is_refused_with_what_to_do() -> None:
    rows, target = TABLE[["size", "colour"]].astype({"colour": str}), THREE > 0
    model = CatBoostClassifier(iterations=3, cat_features=["colour"], verbose=0, allow_writing_files=False)
    model.fit(rows[:200], target[:200])

    verdict = judge("catboost", model, (rows[:200], target[:200]), (rows[200:], target[200:]))

    assert (
        "CatBoostClassifier with categories or text has no exact form; encode them with OneHotEncoder"
        in verdict.refusal
    )
