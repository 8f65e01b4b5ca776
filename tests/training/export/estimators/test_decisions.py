from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

from tests.training.export.trees.graphs import exported, predictions

X, Y = make_classification(240, 5, n_informative=4, n_redundant=0, n_classes=4, n_clusters_per_class=1, random_state=0)
INNER = [
    SVC(),
    SVC(kernel="linear"),
    SVC(kernel="poly", degree=2, coef0=1.0),
    SVC(kernel="sigmoid", gamma=0.1),
    NuSVC(nu=0.2),
    make_pipeline(StandardScaler(), SVC()),
    AdaBoostClassifier(n_estimators=5, random_state=0),
    BaggingClassifier(LinearSVC(), n_estimators=3, random_state=0),
    GridSearchCV(SVC(), {}, cv=2),
]


@pytest.mark.parametrize("target", [Y > 1, np.array(list("abcd"))[Y]], ids=["two", "four"])
@pytest.mark.parametrize("inner", INNER, ids=str)
def test_calibrated_classifier_with_a_decision_function_answers_like_scikit_learn(inner: Any, target: Any) -> None:
    fitted = CalibratedClassifierCV(inner, cv=2).fit(X, target)
    model, signature = exported(fitted, X, target)

    label, probabilities = predictions(model, signature, X)

    assert np.array_equal(label, fitted.predict(X))
    assert probabilities == pytest.approx(fitted.predict_proba(X), abs=1e-6)
