from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.tree import DecisionTreeClassifier

from tests.training.export.trees.graphs import exported, predictions

X, Y = make_classification(600, 6, n_informative=4, flip_y=0.3, random_state=0)
FORESTS = [
    RandomForestClassifier(12, random_state=0),
    ExtraTreesClassifier(7, random_state=0),
    DecisionTreeClassifier(max_depth=3, random_state=0),
]


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("forest", FORESTS, ids=str)
def test_share_that_is_the_threshold_itself_is_decided_in_float64(forest: Any, positive: int) -> None:
    forest.fit(X[:300], Y[:300])
    shares, times = np.unique(forest.predict_proba(X)[:, positive], return_counts=True)
    inner = shares[np.argsort(times)[-6:]]
    for threshold in [0.0, *inner, *np.nextafter(inner, 1), 1.0]:
        fitted = FixedThresholdClassifier(forest, threshold=threshold, pos_label=positive).fit(X[:300], Y[:300])
        model, signature = exported(fitted, X[:300], Y[:300])

        assert np.array_equal(predictions(model, signature, X)[0], fitted.predict(X))


def test_tuned_threshold_of_a_forest_is_scikit_learns() -> None:
    fitted = TunedThresholdClassifierCV(FORESTS[0], cv=3, random_state=0).fit(X[:300], Y[:300])
    model, signature = exported(fitted, X[:300], Y[:300])

    assert np.array_equal(predictions(model, signature, X)[0], fitted.predict(X))
