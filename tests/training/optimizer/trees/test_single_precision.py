import pytest
from onnx import TensorProto

from tests.training.optimizer.trees.models import exported
from training.optimizer.passes import Declined
from training.optimizer.trees.single_precision import narrow


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

    with pytest.raises(Declined, match=reason):
        narrow(model.graph, model.material)
