from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier

from slipway_training.optimizer.passes import NotApplicable
from slipway_training.optimizer.trees.fewer_trees import halve_trees
from tests.training.optimizer.trees.models import TWO, VALUES, exported, exported_from

CASES = [
    (RandomForestClassifier(12, random_state=0), RandomForestClassifier(6, random_state=0), TWO),
    (RandomForestRegressor(10, random_state=0), RandomForestRegressor(5, random_state=0), VALUES),
    (
        GradientBoostingClassifier(n_estimators=20, random_state=0),
        GradientBoostingClassifier(n_estimators=10, random_state=0),
        TWO,
    ),
]


@pytest.mark.parametrize(("whole", "half", "data"), CASES, ids=str)
def test_half_of_the_trees_say_what_a_model_with_so_many_trees_says(whole: Any, half: Any, data: Any) -> None:
    model, other = (exported_from(estimator.fit(*data), *data) for estimator in (whole, half))

    rewritten = halve_trees(model.graph, model.material)

    assert rewritten.bound is None
    predictions, expected = model.predictions(rewritten.model), model.predictions(other.graph)
    assert all(
        np.allclose(one, wanted, rtol=1e-6, atol=1e-7) for one, wanted in zip(predictions, expected, strict=True)
    )


def test_single_tree_is_not_halved() -> None:
    model = exported_from(DecisionTreeClassifier(max_depth=3, random_state=0).fit(*TWO), *TWO)

    with pytest.raises(NotApplicable, match="too few trees to halve: 1"):
        halve_trees(model.graph, model.material)


def test_graph_that_is_given_stays_as_it_was() -> None:
    model = exported("means")
    before = model.graph.SerializeToString()

    halve_trees(model.graph, model.material)

    assert model.graph.SerializeToString() == before
