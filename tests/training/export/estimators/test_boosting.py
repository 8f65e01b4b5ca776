from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

from slipway_training.errors import ConversionError
from tests.training.export.trees.graphs import exported, predictions

X, Y = make_classification(600, 8, n_informative=4, random_state=0)
THREE = (Y + (X[:, 0] > 0)).astype(int)
CLASSIFIERS = [
    GradientBoostingClassifier(n_estimators=12, random_state=0),
    GradientBoostingClassifier(n_estimators=12, loss="exponential", random_state=0),
    HistGradientBoostingClassifier(max_iter=12, random_state=0),
]
REGRESSORS = [
    GradientBoostingRegressor(n_estimators=20, random_state=0),
    GradientBoostingRegressor(n_estimators=20, loss="huber", random_state=0),
    HistGradientBoostingRegressor(max_iter=20, random_state=0),
    HistGradientBoostingRegressor(max_iter=20, loss="poisson", random_state=0),
]


@pytest.mark.parametrize("boosting", CLASSIFIERS, ids=str)
def test_label_of_two_classes_is_scikit_learns(boosting: Any) -> None:
    fitted = boosting.fit(X, Y)
    model, signature = exported(fitted, X, Y)

    label, probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    assert probabilities == pytest.approx(fitted.predict_proba(X), abs=2e-7)


@pytest.mark.parametrize("boosting", [CLASSIFIERS[0], CLASSIFIERS[2]], ids=str)
def test_label_of_three_classes_is_scikit_learns(boosting: Any) -> None:
    fitted = boosting.fit(X, THREE)
    model, signature = exported(fitted, X, THREE)

    label, probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    assert probabilities == pytest.approx(fitted.predict_proba(X), abs=2e-7)


@pytest.mark.parametrize("boosting", REGRESSORS, ids=str)
def test_value_is_scikit_learns_sum_in_float64(boosting: Any) -> None:
    fitted = boosting.fit(X, np.exp(X[:, 0]))
    model, signature = exported(fitted, X, np.exp(X[:, 0]))

    assert predictions(model, signature, X)[0].ravel() == pytest.approx(fitted.predict(X), rel=2e-7)


@pytest.mark.parametrize("boosting", CLASSIFIERS, ids=str)
def test_score_that_is_always_above_zero_is_the_second_class(boosting: Any) -> None:
    """Onnxruntime takes 0.5 for the border where every weight of two classes is above zero."""
    rows, target = np.arange(200.0).reshape(-1, 1), np.ones(200, dtype=int)
    target[::3] = 0
    boosting = type(boosting)(**boosting.get_params() | {"learning_rate": 1e-6})
    fitted = boosting.fit(rows, target)
    model, signature = exported(fitted, rows, target)

    label, probabilities = predictions(model, signature, rows)

    assert 0.6 < probabilities[0, 1] < 0.7
    assert label.all()


def test_score_of_zero_is_the_second_class_in_gradient_boosting_alone() -> None:
    rows, target = np.zeros((40, 1)), np.arange(40) % 2
    plain = GradientBoostingClassifier(n_estimators=3).fit(rows, target)
    histogram = HistGradientBoostingClassifier(max_iter=3).fit(rows, target)

    labels = [predictions(*exported(fitted, rows, target), rows)[0] for fitted in (plain, histogram)]

    assert [set(label) for label in labels] == [set(plain.predict(rows)), set(histogram.predict(rows))]
    assert [set(label) for label in labels] == [{1}, {0}]


def test_another_estimator_to_begin_with_is_refused() -> None:
    fitted = GradientBoostingClassifier(init=RandomForestClassifier(3), n_estimators=2).fit(X, Y)

    with pytest.raises(ConversionError, match="estimator as init"):
        exported(fitted, X, Y)
