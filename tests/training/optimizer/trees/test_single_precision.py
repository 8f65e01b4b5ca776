import pytest
from onnx import TensorProto

from slipway_training.optimizer.passes import NotApplicable, copy
from slipway_training.optimizer.trees.single_precision import narrow
from tests.training.optimizer.trees.models import exported


def test_votes_are_counted_in_float32() -> None:
    model = exported("votes of two")

    graph = narrow(model.graph, model.material).model.graph

    assert [node.op_type for node in graph.node] == ["Cast", "TreeEnsembleClassifier", "Gather", "Div"]
    values = next(own.t for own in graph.node[1].attribute if own.name == "nodes_values_as_tensor")
    assert values.data_type == TensorProto.FLOAT


@pytest.mark.parametrize(
    ("name", "reason"),
    [("scaled votes", "hold a scaler"), ("shares of two", "not exact in float32"), ("means", "round otherwise")],
)
def test_what_float32_would_change_is_declined(name: str, reason: str) -> None:
    model = exported(name)

    with pytest.raises(NotApplicable, match=reason):
        narrow(model.graph, model.material)


def test_trees_that_go_left_below_their_thresholds_stay_in_float64() -> None:
    model = exported("votes of two")
    graph = copy(model.graph)
    for modes in (own for own in graph.graph.node[0].attribute if own.name == "nodes_modes"):
        modes.strings[:] = [mode.replace(b"BRANCH_LEQ", b"BRANCH_LT") for mode in modes.strings]

    with pytest.raises(NotApplicable, match="go left below a threshold"):
        narrow(graph, model.material)
