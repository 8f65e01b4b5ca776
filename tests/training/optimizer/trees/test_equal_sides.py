from dataclasses import replace

import numpy as np

from slipway_training.export.trees.attributes import read
from slipway_training.optimizer.passes import copy
from slipway_training.optimizer.trees.equal_sides import collapsed
from slipway_training.optimizer.trees.nodes import put
from tests.training.optimizer.trees.models import exported


def test_splits_between_equal_leaves_go_and_answers_stay() -> None:
    model = exported("boosted values")
    coarse = copy(model.graph)
    before = read(coarse.graph.node[0])
    assert before is not None
    before = replace(before, weight=np.round(before.weight, 1))
    put(coarse.graph.node[0], before, np.float64)
    after = copy(coarse)

    put(after.graph.node[0], collapsed(before), np.float64)

    assert len(collapsed(before)) < 0.9 * len(before)
    assert np.array_equal(model.predictions(after)[0], model.predictions(coarse)[0])


def test_tree_whose_leaves_are_all_equal_becomes_one_leaf() -> None:
    model = exported("boosted values")
    before = read(model.graph.graph.node[0])
    assert before is not None

    after = collapsed(replace(before, weight=np.ones(len(before.weight))))

    assert len(after) == after.trees == before.trees
