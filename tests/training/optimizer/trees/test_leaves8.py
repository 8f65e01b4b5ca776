from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.trees.attributes import read
from slipway_training.optimizer.passes import NotApplicable
from slipway_training.optimizer.trees.leaves8 import codebook, leaves_in_8_bits
from tests.training.optimizer.trees.models import exported


def test_no_value_moves_further_than_the_bound_says() -> None:
    model = exported("boosted values")

    rounded = leaves_in_8_bits(model.graph, model.material)

    moved = np.abs(model.predictions(model.graph)[0].astype(float) - model.predictions(rounded.model)[0].astype(float))
    assert rounded.bound is not None
    assert 0 < moved.max() <= rounded.bound + 1e-6
    assert rounded.bound < 0.05


def test_leaves_hold_a_codebook_for_the_first_tree_and_one_for_the_others() -> None:
    model = exported("boosted values")

    ensemble = read(leaves_in_8_bits(model.graph, model.material).model.graph.node[0])

    assert ensemble is not None
    assert len(np.unique(ensemble.weight)) <= 2 * 255


def test_values_do_not_shift_on_the_rows_it_was_trained_on() -> None:
    model = exported("boosted values")
    rounded = leaves_in_8_bits(model.graph, model.material).model

    before, after = (
        OnnxSession(graph.SerializeToString()).run(model.material.rows)[-1].astype(float)
        for graph in (model.graph, rounded)
    )

    change = after[:, -1] - before[:, -1]
    assert np.abs(change).max() > 0
    assert abs(change.mean()) < np.abs(change).mean() / 10


@pytest.mark.parametrize("name", ["votes of two", "means"])
def test_forest_has_nothing_to_gain(name: str) -> None:
    model = exported(name)

    with pytest.raises(NotApplicable, match="votes or means"):
        leaves_in_8_bits(model.graph, model.material)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 8))
def test_codebook_lies_within_the_values_and_is_no_larger_than_asked(values: list[float], codes: int) -> None:
    found = codebook(np.array(values), codes)

    assert 1 <= len(found) <= codes
    assert min(values) - 1e-6 <= found[0] <= found[-1] <= max(values) + 1e-6


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=9), st.integers(1, 4))
def test_no_codebook_of_as_many_numbers_comes_nearer(values: list[float], codes: int) -> None:
    ascending = sorted(set(values))
    ways = combinations(range(1, len(ascending)), min(codes, len(ascending)) - 1)
    runs = ([ascending[a:b] for a, b in pairwise((0, *way, len(ascending)))] for way in ways)
    nearest = min(max((run[-1] - run[0]) / 2 for run in way) for way in runs)

    found = codebook(np.array(values), codes)

    assert max(np.abs(found - value).min() for value in values) == pytest.approx(nearest, rel=1e-9, abs=1e-9)
