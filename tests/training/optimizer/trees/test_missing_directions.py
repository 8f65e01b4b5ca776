import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from slipway_training.optimizer.passes import NotApplicable
from slipway_training.optimizer.trees.missing_directions import drop_missing_directions
from tests.training.optimizer.trees.models import VALUES, exported_from

X, Y = VALUES
FLAGS = "nodes_missing_value_tracks_true"


def test_ways_for_missing_numbers_go_where_none_may_be_missing() -> None:
    model = exported_from(HistGradientBoostingRegressor(max_iter=3, max_leaf_nodes=5).fit(X, Y), X, Y)

    graph = drop_missing_directions(model.graph, model.material).model

    assert FLAGS in {own.name for own in model.graph.graph.node[0].attribute}
    assert FLAGS not in {own.name for own in graph.graph.node[0].attribute}


def test_ways_for_missing_numbers_stay_where_a_column_may_be_missing() -> None:
    rows = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    model = exported_from(HistGradientBoostingRegressor(max_iter=3, max_leaf_nodes=5).fit(rows, Y), rows, Y)

    with pytest.raises(NotApplicable, match="6 of the columns may be missing"):
        drop_missing_directions(model.graph, model.material)
