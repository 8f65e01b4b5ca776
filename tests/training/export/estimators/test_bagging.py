from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import BaggingClassifier, BaggingRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.training.export.trees.graphs import exported, hard_rows, predictions

X, Y = make_classification(300, 6, n_informative=4, n_classes=3, flip_y=0.2, random_state=0)
ROWS, VALUES = make_regression(300, 5, noise=20, random_state=0)
MEMBERS = [
    DecisionTreeClassifier(max_depth=4),
    LinearSVC(),
    LogisticRegression(),
    GaussianNB(),
    HistGradientBoostingClassifier(max_iter=3),
]


@pytest.mark.parametrize("target", [Y > 0, np.array(["a", "b", "c"])[Y]], ids=["two", "three"])
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_label_and_mean_are_scikit_learns_whether_members_have_probabilities_or_votes(member: Any, target: Any) -> None:
    fitted = BaggingClassifier(member, n_estimators=4, max_features=0.7, random_state=0).fit(X, target)
    model, signature = exported(fitted, X, target)

    label, probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    assert probabilities == pytest.approx(fitted.predict_proba(X), abs=1e-6)


@pytest.mark.parametrize("member", [DecisionTreeClassifier(), GaussianNB()], ids=str)
def test_member_that_drew_no_row_of_a_class_gives_it_nothing(member: Any) -> None:
    target = np.where(np.arange(len(Y)) < 3, 2, Y > 0)
    fitted = BaggingClassifier(member, n_estimators=6, max_samples=40, random_state=0).fit(X, target)
    model, signature = exported(fitted, X, target)

    label, probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    assert probabilities == pytest.approx(fitted.predict_proba(X), abs=1e-6)


def test_trees_behind_a_power_agree_on_both_sides_of_every_threshold() -> None:
    fitted = make_pipeline(PowerTransformer(), BaggingClassifier(n_estimators=5, random_state=0)).fit(X, Y)
    model, signature = exported(fitted, X, Y)
    rows = hard_rows(fitted, X, Y, 4000)

    assert np.array_equal(predictions(model, signature, rows)[0], fitted.predict(rows))
    assert all("power" not in node.name for node in model.graph.node)


@pytest.mark.parametrize("member", [DecisionTreeRegressor(max_depth=4), Ridge()], ids=str)
def test_value_is_the_mean_of_the_members_each_on_its_own_columns(member: Any) -> None:
    fitted = BaggingRegressor(member, n_estimators=5, max_features=3, random_state=0).fit(ROWS, VALUES)
    model, signature = exported(fitted, ROWS, VALUES)

    assert predictions(model, signature, ROWS)[0].ravel() == pytest.approx(fitted.predict(ROWS), rel=1e-6, abs=1e-4)
