import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, QuantileTransformer, StandardScaler

from slipway_training.optimizer.passes import NotApplicable
from slipway_training.optimizer.trees.columns import read_columns
from tests.training.optimizer.trees.models import TWO, exported_from

X, Y = TWO


def test_columns_that_were_only_scaled_are_read_from_the_matrix_itself() -> None:
    columns = make_column_transformer((StandardScaler(), [3, 1]), (QuantileTransformer(n_quantiles=50), [0, 5]))
    model = exported_from(make_pipeline(columns, RandomForestClassifier(9, random_state=0)).fit(X, Y), X, Y)

    graph = read_columns(model.graph, model.material).model

    assert "Concat" in {node.op_type for node in model.graph.graph.node}
    assert [node.op_type for node in graph.graph.node] == ["TreeEnsembleClassifier", "Gather", "Div"]
    assert np.array_equal(model.predictions(graph)[1], model.predictions(model.graph)[1])


def test_columns_that_were_computed_stay() -> None:
    columns = make_column_transformer((PolynomialFeatures(), [0, 1]), (StandardScaler(), [2]))
    model = exported_from(make_pipeline(columns, RandomForestClassifier(5, random_state=0)).fit(X, Y), X, Y)

    with pytest.raises(NotApplicable):
        read_columns(model.graph, model.material)
