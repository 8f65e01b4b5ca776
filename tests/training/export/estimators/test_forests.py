from typing import Any

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.assembly import TARGET
from tests.training.export.trees.graphs import exported, predictions

X, Y = make_classification(3000, 12, n_informative=4, flip_y=0.3, random_state=0)
THREE = (Y + (X[:, 0] > 0)).astype(int)
LEARN, ASK = slice(500), slice(500, None)
FORESTS = [
    RandomForestClassifier(60, random_state=0),
    ExtraTreesClassifier(50, random_state=0),
    RandomForestClassifier(12, max_depth=3, random_state=0),
    ExtraTreesClassifier(30, min_samples_leaf=4, random_state=0),
    DecisionTreeClassifier(max_depth=4, random_state=0),
]


@pytest.mark.parametrize("target", [Y, np.array(["no", "yes"])[Y], THREE], ids=["two", "text", "three"])
@pytest.mark.parametrize("forest", FORESTS, ids=str)
def test_label_is_scikit_learns_in_every_row_and_probabilities_are_its_in_float32(forest: Any, target: Any) -> None:
    fitted = forest.fit(X[LEARN], target[LEARN])
    model, signature = exported(fitted, X[LEARN], target[LEARN])

    label, probabilities = predictions(model, signature, X[ASK])

    assert np.array_equal(label, fitted.predict(X[ASK]))
    assert probabilities == pytest.approx(fitted.predict_proba(X[ASK]), abs=1.2e-7)


def test_tied_votes_go_to_the_first_class_where_the_usual_export_leaves_them_to_rounding() -> None:
    fitted = RandomForestClassifier(60, random_state=0).fit(X[LEARN], Y[LEARN])
    is_tied = np.diff(fitted.predict_proba(X)) == 0
    model, signature = exported(fitted, X[LEARN], Y[LEARN])

    label, probabilities = predictions(model, signature, X[is_tied.ravel()])
    usual = to_onnx(fitted, X[:1].astype(np.float32), target_opset=TARGET, options={"zipmap": False})
    other, _ = OnnxSession(usual.SerializeToString()).run({"X": X[is_tied.ravel()].astype(np.float32)})

    assert len(label) > 20
    assert not label.any()
    assert np.all(probabilities == 0.5)
    assert other.any()


def test_equal_shares_in_leaves_that_are_not_pure_go_the_way_of_scikit_learns_own_sum() -> None:
    """Thirds and sixths add up to exactly a half in many rows, give or take the rounding of float64."""
    random = np.random.default_rng(1)
    rows, target = random.integers(0, 3, (400, 3)).astype(float), random.integers(0, 2, 400)
    fitted = RandomForestClassifier(7, max_depth=2, max_samples=24, random_state=0).fit(rows, target)
    shares = fitted.predict_proba(rows)
    model, signature = exported(fitted, rows, target)

    assert np.abs(np.diff(shares)).min() < 0.05
    assert np.array_equal(predictions(model, signature, rows)[0], fitted.predict(rows))


@pytest.mark.parametrize("scaler", [[], [StandardScaler()]], ids=["plain", "scaled"])
@pytest.mark.parametrize("forest", [RandomForestClassifier, RandomForestRegressor, ExtraTreesRegressor])
def test_missing_numbers_take_the_branch_that_each_split_learnt(forest: Any, scaler: list[Any]) -> None:
    rows = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    fitted = make_pipeline(*scaler, forest(20, random_state=0)).fit(rows[LEARN], Y[LEARN])
    model, signature = exported(fitted, rows[LEARN], Y[LEARN])
    expected = fitted.predict(rows[ASK])

    assert predictions(model, signature, rows[ASK])[0].ravel() == pytest.approx(expected, abs=1e-7)
    options = {"zipmap": False} if hasattr(fitted, "classes_") else None
    usual = to_onnx(fitted, X[:1].astype(np.float32), target_opset=TARGET, options=options)
    other = OnnxSession(usual.SerializeToString()).run({"X": rows[ASK].astype(np.float32)})[0].ravel()
    assert np.mean(np.abs(other - expected) > 1e-3) > 0.1


@pytest.mark.parametrize("forest", [RandomForestRegressor(25, random_state=0), ExtraTreesRegressor(9, random_state=0)])
def test_value_is_the_mean_of_the_trees_in_float64_rounded_once(forest: Any) -> None:
    rows, target = make_regression(400, 5, random_state=0)
    fitted = forest.fit(rows, target)
    model, signature = exported(fitted, rows, target)

    assert np.array_equal(predictions(model, signature, rows)[0].ravel(), fitted.predict(rows).astype(np.float32))
