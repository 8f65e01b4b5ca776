import numpy as np
import pytest

from slipway_training.optimizer.trees.nodes import ensembles
from slipway_training.workflows.optimizing.reference import expectations, values_around
from slipway_training.workflows.optimizing.rows import Rows
from tests.training.prepared import prepared


def rows_of(name: str) -> Rows:
    model = prepared(name)
    return Rows("held_out", model.learn.frame, model.held_out.frame, model.held_out.target, "made for a test")


@pytest.mark.parametrize("name", ["cancer_forest", "diabetes"])
def test_numbers_around_every_threshold_that_a_raw_column_meets_are_asked(name: str) -> None:
    model = prepared(name)
    ((_, ensemble),) = ensembles(model.graph)

    found = values_around(model.graph, model.signature, 100_000)

    splits = ensemble.splits
    names = [feature.name for feature in model.signature.features]
    for column in np.unique(ensemble.feature[splits]):
        own = np.unique(ensemble.threshold[splits[ensemble.feature[splits] == column]])
        assert {*own, *np.nextafter(own, np.inf)} <= set(found[names[column]].tolist())


def test_graph_without_trees_has_no_thresholds() -> None:
    model = prepared("digits")

    assert values_around(model.graph, model.signature, 1000) == {}


def test_rows_that_are_judged_come_first_and_edges_are_among_the_rest() -> None:
    model = prepared("cancer_forest")

    found = expectations(model.graph, model.signature, rows_of("cancer_forest"), 2000, "itself")

    kinds = list(dict.fromkeys(found.probes.kinds))
    assert kinds[:2] == ["held_out", "training"]
    assert {"extreme", "threshold", "thresholds_together"} <= set(kinds)
    assert found.held_out == len(model.held_out.frame)
    assert len(found.predictions) == len(found.probes)
