"""Pipelines of the libraries that come as extras: XGBoost, LightGBM, CatBoost and imbalanced-learn."""

from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imbalanced_pipeline
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from slipway_training.errors import ConversionError
from tests.training.proofs.verdict import judge, prove

LEARN, HELD_OUT = slice(200), slice(200, None)
X, THREE = make_classification(260, 6, n_informative=4, n_classes=3, random_state=0)
_, VALUES = make_regression(260, 6, random_state=0)
TWO = (THREE > 0).astype(int)
GAPS = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)


def parity_of(pipeline: Any, rows: Any, target: Any) -> Any:
    pipeline.fit(rows[LEARN], target[LEARN])
    return prove(pipeline, (rows[LEARN], target[LEARN]), (rows[HELD_OUT], target[HELD_OUT]))


@pytest.mark.parametrize("rows", [X, GAPS], ids=["whole", "with gaps"])
@pytest.mark.parametrize("target", [TWO, THREE], ids=["two classes", "three classes"])
def test_xgboost_classifier_is_exact_around_every_threshold(rows: Any, target: Any) -> None:
    parity = parity_of(make_pipeline(StandardScaler(), XGBClassifier(n_estimators=12)), rows, target)

    assert (parity.label_flips, parity.blind_steps) == (0, 0)
    assert parity.edge_rows > 1000


@pytest.mark.parametrize("rows", [X, GAPS], ids=["whole", "with gaps"])
@pytest.mark.parametrize("target", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_lightgbm_classifier_is_exact_around_every_threshold(rows: Any, target: Any) -> None:
    parity = parity_of(make_pipeline(StandardScaler(), LGBMClassifier(n_estimators=12, verbose=-1)), rows, target)

    assert (parity.label_flips, parity.blind_steps) == (0, 0)
    assert parity.edge_rows > 500


@pytest.mark.parametrize("objective", ["regression", "poisson"])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_lightgbm_regressor_is_exact_around_every_threshold(objective: str) -> None:
    parity = parity_of(LGBMRegressor(n_estimators=12, objective=objective, verbose=-1), GAPS, np.abs(VALUES))

    assert parity.largest_difference < 1e-5


@pytest.mark.parametrize("objective", ["reg:squarederror", "count:poisson", "reg:tweedie"])
def test_xgboost_regressor_is_exact_around_every_threshold(objective: str) -> None:
    parity = parity_of(XGBRegressor(n_estimators=12, objective=objective), GAPS, np.abs(VALUES))

    assert parity.largest_difference < 1e-5


@pytest.mark.parametrize("rows", [X, GAPS], ids=["whole", "with gaps"])
@pytest.mark.parametrize("target", [TWO, THREE], ids=["two classes", "three classes"])
def test_catboost_classifier_is_exact_around_every_border(rows: Any, target: Any) -> None:
    model = CatBoostClassifier(iterations=12, depth=3, verbose=0, allow_writing_files=False)

    parity = parity_of(make_pipeline(StandardScaler(), model), rows, target)

    assert (parity.label_flips, parity.blind_steps) == (0, 0)
    assert parity.edge_rows > 500


@pytest.mark.parametrize("nan_mode", ["Min", "Max"])
def test_catboost_regressor_sends_missing_where_it_learnt_to(nan_mode: str) -> None:
    model = CatBoostRegressor(iterations=12, depth=3, nan_mode=nan_mode, verbose=0, allow_writing_files=False)

    parity = parity_of(model, GAPS, VALUES)

    assert parity.largest_difference < 1e-5


def test_catboost_with_other_trees_is_refused() -> None:
    lossguide = CatBoostRegressor(iterations=3, grow_policy="Lossguide", verbose=0, allow_writing_files=False)

    with pytest.raises(ConversionError, match="grow_policy='Lossguide' has no exact form"):
        parity_of(lossguide, X, VALUES)


def test_xgboost_without_trees_is_refused() -> None:
    linear = XGBRegressor(booster="gblinear", n_estimators=3)

    with pytest.raises(ConversionError, match="XGBRegressor with booster='gblinear' has no exact form"):
        parity_of(linear, X, VALUES)


def test_sampler_works_while_fitting_only() -> None:
    rare = (X[:, 0] > 1).astype(int)
    pipeline = make_imbalanced_pipeline(
        StandardScaler(), RandomOverSampler(random_state=0), RandomForestClassifier(10, random_state=0)
    )
    pipeline.fit(X[LEARN], rare[LEARN])

    verdict = judge("imbalanced", pipeline, (X[LEARN], rare[LEARN]), (X[HELD_OUT], rare[HELD_OUT]))

    assert verdict.parity is not None, verdict.refusal
    assert verdict.parity.label_flips == 0
