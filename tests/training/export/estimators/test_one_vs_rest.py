from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC

from tests.training.export.trees.graphs import exported, predictions

X, Y = make_classification(200, 5, n_informative=4, n_redundant=0, n_classes=3, flip_y=0.2, random_state=0)
MEMBERS = [
    LinearSVC(),
    SVC(),
    LogisticRegression(),
    GaussianNB(),
    KNeighborsClassifier(),
    RandomForestClassifier(6, random_state=0),
    GradientBoostingClassifier(n_estimators=4, random_state=0),
]


@pytest.mark.parametrize("target", [np.array(["no", "yes"])[Y % 2], Y], ids=["two", "three"])
@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_label_and_probabilities_are_scikit_learns_with_and_without_a_decision_function(
    member: Any, target: Any
) -> None:
    fitted = OneVsRestClassifier(member).fit(X, target)
    model, signature = exported(fitted, X, target)

    label, *probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    for found in probabilities:
        assert found == pytest.approx(fitted.predict_proba(X), abs=1e-6)
