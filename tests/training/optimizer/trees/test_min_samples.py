from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor

from slipway_training.export.trees.ensemble import LEAF
from slipway_training.optimizer.passes import NotApplicable
from slipway_training.optimizer.trees.catalogue import PASSES
from slipway_training.optimizer.trees.min_samples import count, prune, pruned, values_of
from slipway_training.optimizer.trees.nodes import ensembles
from slipway_training.optimizer.trees.shared_leaves import share_leaves
from tests.training.optimizer.trees.models import TWO, VALUES, Exported, exported, exported_from


def with_min_samples(model: Exported, least: int) -> Exported:
    return replace(model, material=replace(model.material, min_samples=least))


@pytest.mark.parametrize("model", ["votes of two", "votes of three", "means", "boosted two", "boosted values"])
def test_every_split_that_stays_saw_enough_rows(model: str) -> None:
    own = with_min_samples(exported(model), 20)

    (node, smaller), *_ = ensembles(prune(own.graph, own.material).model)

    splits = smaller.splits[~np.isin(smaller.splits, smaller.starts)]
    assert count(smaller, values_of(own.graph, node, own.material)).total[splits].min() >= 20


def test_counts_are_those_of_the_fitted_trees() -> None:
    fitted = RandomForestClassifier(5, bootstrap=False, random_state=0).fit(*TWO)
    model = exported_from(fitted, *TWO)
    ((node, ensemble),) = ensembles(model.graph)

    counts = count(ensemble, values_of(model.graph, node, model.material))

    grown = np.concatenate([tree.tree_.n_node_samples for tree in fitted.estimators_])
    assert np.array_equal(counts.total[ensemble.splits], grown[ensemble.splits])


def test_pruned_tree_says_what_one_grown_with_so_many_rows_says() -> None:
    """Without bootstrap the mean of a subtree's leaves by their rows is the mean of its rows."""
    tree = RandomForestRegressor(1, bootstrap=False, random_state=0)
    grown = exported_from(tree.fit(*VALUES), *VALUES)
    shorter = exported_from(tree.set_params(min_samples_split=30).fit(*VALUES), *VALUES)

    smaller = prune(grown.graph, replace(grown.material, min_samples=30)).model

    assert np.allclose(grown.predictions(smaller)[0], grown.predictions(shorter.graph)[0], rtol=1e-5, atol=1e-6)
    assert len(smaller.SerializeToString()) < 0.3 * len(grown.graph.SerializeToString())


@pytest.mark.parametrize(
    ("name", "least"), [("votes of two", 3), ("votes of two", 5), ("votes of two", 20), ("votes of three", 20)]
)
def test_leaves_that_share_a_place_are_counted_where_rows_come_from(name: str, least: int) -> None:
    own = with_min_samples(exported(name), least)
    compact = share_leaves(own.graph, own.material).model

    predictions = (own.predictions(prune(graph, own.material).model) for graph in (own.graph, compact))

    assert all(np.array_equal(one, other) for one, other in zip(*predictions, strict=True))


def test_leaf_that_was_shared_before_stays_where_its_false_branch_wants_it() -> None:
    """Pruned leaves may be equal to one that a false and a true branch lead to; onnxruntime refuses what moves it."""
    rows, target = load_diabetes(return_X_y=True)
    model = exported_from(
        RandomForestRegressor(100, random_state=0).fit(rows[::2], target[::2]), rows[::2], target[::2]
    )
    compact = share_leaves(model.graph, model.material).model

    smaller = prune(compact, model.material).model

    assert np.array_equal(model.predictions(smaller)[0], model.predictions(prune(model.graph, model.material).model)[0])


def test_missing_values_are_counted_on_the_way_they_take() -> None:
    rows = TWO[0].copy()
    rows[::3, 0] = np.nan
    fitted = HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(rows, TWO[1])
    model = exported_from(fitted, rows, TWO[1])
    ((node, ensemble),) = ensembles(model.graph)

    counts = count(ensemble, values_of(model.graph, node, model.material))

    grown = [one["count"] for stage in fitted._predictors for one in stage[0].nodes if not one["is_leaf"]]  # noqa: SLF001  # nothing public says it
    assert sorted(counts.total[ensemble.splits]) == sorted(grown)


def test_means_hold_where_a_side_saw_no_row() -> None:
    ((_, ensemble),) = ensembles(exported("means").graph)
    nowhere = count(ensemble, np.empty((0, 6)))

    smaller = pruned(ensemble, nowhere, 2)

    roots = smaller.starts[:-1]
    assert np.all(smaller.left[np.setdiff1d(np.arange(len(smaller)), roots)] == LEAF)
    assert np.isfinite(smaller.weight).all()


@pytest.mark.parametrize(
    ("least", "why"),
    [(2, "every subtree saw at least 2 of the 400 training rows"), (401, "there are 400 rows to count with")],
)
def test_nothing_to_prune_is_said_in_words(least: int, why: str) -> None:
    fitted = RandomForestRegressor(4, bootstrap=False, min_samples_split=10, random_state=0).fit(*VALUES)
    model = with_min_samples(exported_from(fitted, *VALUES), least)

    with pytest.raises(NotApplicable, match=why):
        prune(model.graph, model.material)


def test_graph_that_is_given_stays_as_it_was() -> None:
    model = with_min_samples(exported("means"), 30)
    before = model.graph.SerializeToString()

    prune(model.graph, model.material)

    assert model.graph.SerializeToString() == before
    assert "prune" not in {one.apply.__name__ for one in PASSES}
