"""Rows and pipelines as somebody has them who has never heard of this project: frames of pandas, fitted pipelines."""

from functools import cache
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.training.passengers import PASSENGERS


@cache
def travellers() -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    """Numbers, integers, booleans and text, with NaN in three columns, as pandas reads them."""
    frame = pd.read_csv(PASSENGERS).drop(columns=["alive"])
    return frame.drop(columns=["survived"]), frame["survived"]


@cache
def notebook_pipeline(estimator: Any = None) -> Any:
    """The pipeline that everybody writes: impute and scale numbers, impute and encode text, then an estimator."""
    rows, target = travellers()
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [
            ("numbers", numbers, ["pclass", "age", "sibsp", "fare"]),
            ("texts", texts, ["sex", "embarked", "deck"]),
        ],
        remainder="passthrough",
    )
    model = estimator or RandomForestClassifier(20, random_state=0)
    return make_pipeline(columns, model).fit(rows, target)
