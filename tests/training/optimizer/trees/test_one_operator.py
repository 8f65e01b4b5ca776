import numpy as np
import onnx
import pytest

from slipway_training.optimizer.passes import NotApplicable
from slipway_training.optimizer.trees.one_operator import tree_ensemble
from slipway_training.optimizer.trees.shared_leaves import share_leaves
from tests.training.optimizer.trees.models import MODELS, exported


@pytest.mark.parametrize("name", [name for name in MODELS if name != "shares of two"])
def test_labels_are_the_same_and_numbers_within_float32(name: str) -> None:
    model = exported(name)

    graph = tree_ensemble(model.graph, model.material).model

    onnx.checker.check_model(graph)
    assert graph.ByteSize() < 0.6 * model.graph.ByteSize()
    before, after = model.predictions(model.graph), model.predictions(graph)
    assert np.array_equal(before[0], after[0]) or before[0].dtype == np.float32
    assert after[-1] == pytest.approx(before[-1], rel=2e-6, abs=4e-7)


def test_trees_with_shared_leaves_say_the_same_in_the_newer_operator() -> None:
    model = exported("votes of three")

    graph = tree_ensemble(share_leaves(model.graph, model.material).model, model.material).model

    assert np.array_equal(model.predictions(graph)[0], model.predictions(model.graph)[0])


def test_leaf_with_shares_of_several_classes_is_declined() -> None:
    model = exported("shares of two")

    with pytest.raises(NotApplicable, match="one target in a TreeEnsemble"):
        tree_ensemble(model.graph, model.material)
