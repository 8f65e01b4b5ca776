"""What every exact pass for trees has in common: bit-equal answers, and nothing to do the second time."""

from dataclasses import replace

import numpy as np
import pytest

from slipway_training.optimizer.passes import Pass
from slipway_training.optimizer.trees.catalogue import PASSES
from tests.training.optimizer.trees.models import MODELS, attempt, exported

CASES = [(name, one) for name in MODELS for one in PASSES]


@pytest.mark.parametrize(("name", "one"), CASES, ids=[f"{name}-{one.name}" for name, one in CASES])
def test_pass_changes_no_bit_of_any_answer_or_declines_in_words(name: str, one: Pass) -> None:
    model = exported(name)
    graph, reason = attempt(one, model)
    if reason:
        assert len(reason) > 10
        return

    before, after = model.predictions(model.graph), model.predictions(graph)

    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert attempt(one, replace(model, graph=graph))[1]


@pytest.mark.parametrize("name", ["votes of two", "votes of three", "scaled votes"])
def test_all_of_them_make_a_forest_smaller_by_a_fifth(name: str) -> None:
    model = exported(name)
    graph = model.graph
    for one in PASSES:
        graph = attempt(one, replace(model, graph=graph))[0]

    assert graph.ByteSize() < 0.8 * model.graph.ByteSize()
    assert len(model.predictions(graph)[0]) > 1000
