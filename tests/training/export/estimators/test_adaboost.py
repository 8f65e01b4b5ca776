from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.training.export.trees.graphs import exported, hard_rows, predictions

X, Y = make_classification(300, 6, n_informative=4, n_classes=3, flip_y=0.2, random_state=0)
ROWS, VALUES = make_regression(300, 5, noise=20, random_state=0)


@pytest.mark.parametrize("target", [Y > 0, np.array(["a", "b", "c"])[Y]], ids=["two", "three"])
@pytest.mark.parametrize("before", [[], [StandardScaler()], [PowerTransformer()]], ids=["plain", "scaled", "power"])
def test_votes_of_trees_are_scikit_learns_on_both_sides_of_every_threshold(before: list[Any], target: Any) -> None:
    boosted = AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=12, random_state=0)
    fitted = make_pipeline(*before, boosted).fit(X, target)
    model, signature = exported(fitted, X, target)
    rows = hard_rows(fitted, X, target, 4000)

    label, probabilities = predictions(model, signature, rows)

    assert np.array_equal(label, fitted.predict(rows))
    assert probabilities == pytest.approx(fitted.predict_proba(rows), abs=2e-7)
    assert all("scaler" not in node.name and "power" not in node.name for node in model.graph.node)


@pytest.mark.parametrize("target", [Y > 0, np.array(["a", "b", "c"])[Y]], ids=["two", "three"])
def test_votes_of_members_that_are_no_trees_are_counted_with_their_weights(target: Any) -> None:
    fitted = AdaBoostClassifier(LogisticRegression(), n_estimators=5, random_state=0).fit(X, target)
    model, signature = exported(fitted, X, target)

    label, probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    assert probabilities == pytest.approx(fitted.predict_proba(X), abs=2e-7)


def test_votes_that_cancel_out_are_for_the_first_class() -> None:
    fitted = AdaBoostClassifier(n_estimators=2, random_state=0).fit(X, Y > 0)
    fitted.estimator_weights_ = np.ones(2)
    is_tied = fitted.decision_function(X) == 0
    model, signature = exported(fitted, X, Y > 0)

    label, probabilities = predictions(model, signature, X[is_tied])

    assert len(label) > 0
    assert not label.any()
    assert np.all(probabilities == 0.5)


@pytest.mark.parametrize("base", [DecisionTreeRegressor(max_depth=3), Ridge()], ids=str)
@pytest.mark.parametrize("count", [1, 7, 20])
def test_value_is_the_weighted_median_of_the_members(base: Any, count: int) -> None:
    boosted = AdaBoostRegressor(base, n_estimators=count, random_state=0)
    fitted = make_pipeline(PowerTransformer(), boosted).fit(ROWS, VALUES)
    model, signature = exported(fitted, ROWS, VALUES)

    found = predictions(model, signature, ROWS)[0].ravel()

    assert found == pytest.approx(fitted.predict(ROWS), rel=3e-7, abs=1e-4)
