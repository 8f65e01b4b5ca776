import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from slipway_training.parity.comparisons import sites
from slipway_training.parity.edge_rows import UNSEEN_CATEGORY, edge_rows
from slipway_training.workflows.signature_inference import infer
from tests.training.prepared import prepared


@pytest.mark.parametrize("name", ["cancer_forest", "diabetes"])
def test_every_threshold_has_a_row_on_each_side(name: str) -> None:
    model = prepared(name)
    edges = edge_rows(model.pipeline, model.signature, model.held_out.frame, 20_000).frame
    (site,) = sites(model.pipeline)
    seen = site.ask(edges).astype(np.float32)

    has_both = [has_both_sides(seen[:, int(column)], value) for column, value in site.pairs]

    assert len(has_both) > 200
    assert all(has_both)


def test_rows_are_no_more_than_the_limit() -> None:
    model = prepared("cancer_forest")

    assert 4000 < len(edge_rows(model.pipeline, model.signature, model.held_out.frame, 5000)) <= 5000


def test_mixed_table_has_missing_unseen_empty_and_extreme_cells() -> None:
    model = prepared("titanic")

    edges = edge_rows(model.pipeline, model.signature, model.held_out.frame, 20_000).frame

    assert edges["age"].isna().any()
    assert {UNSEEN_CATEGORY, ""} <= set(edges["deck"])
    assert edges["fare"].min() < 0 < model.learn.frame["fare"].max() < edges["fare"].max()
    assert not edges["pclass"].isna().any()
    assert set(edges["alone"]) == {0.0, 1.0}


def test_integer_columns_stay_integers_around_thresholds() -> None:
    tree = prepared("titanic", 'estimator={type="DecisionTreeClassifier"}', "gate={}")

    edges = edge_rows(tree.pipeline, tree.signature, tree.held_out.frame, 20_000).frame

    assert np.array_equal(edges["sibsp"], edges["sibsp"].round())
    assert len(edges) > 2000


def test_every_row_knows_its_kind() -> None:
    model = prepared("titanic")

    edges = edge_rows(model.pipeline, model.signature, model.held_out.frame, 20_000)

    unseen, missing = (edges.frame[edges.kinds == kind] for kind in ("unseen_category", "missing"))
    assert set(edges.kinds) == {"category", "fitted_category", "unseen_category", "empty_text", "missing", "extreme"}
    assert (unseen[["sex", "embarked", "deck"]] == UNSEEN_CATEGORY).any(axis=1).all()
    assert missing[["age", "embarked", "deck"]].isin(["", np.nan]).any(axis=1).all()
    assert (missing["age"].isna() & (missing["embarked"] == "") & (missing["deck"] == "")).any()


def has_both_sides(column: NDArray[np.float32], threshold: float) -> bool:
    """Whether values lie within a few float32 steps on both sides of a threshold."""
    near = 8 * np.spacing(np.float32(max(abs(threshold), 1e-3)))
    apart = column.astype(np.float64) - threshold
    return bool(np.any((apart <= 0) & (apart > -near)) and np.any((apart > 0) & (apart < near)))


def test_thresholds_of_a_column_that_goes_far_to_both_sides_are_hit() -> None:
    rows = np.linspace(-1000, 1000, 401).reshape(-1, 1)
    target = (np.sin(rows[:, 0] / 90) > 0).astype(int)
    fitted = infer(DecisionTreeClassifier(random_state=0).fit(rows, target), rows, target, None, ())
    (site,) = sites(fitted.pipeline)

    edges = edge_rows(fitted.pipeline, fitted.signature, fitted.held_out, 5000)

    seen = site.ask(edges.frame).astype(np.float32)
    assert len(site.pairs) > 5
    assert all(has_both_sides(seen[:, 0], threshold) for _, threshold in site.pairs)
