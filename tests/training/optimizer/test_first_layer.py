import pytest
from onnx import ModelProto

from slipway_ml.contract.parity import Parity
from slipway_ml.runtime.session import OnnxSession
from slipway_training.optimizer.first_layer import centre_input, fold_into_first_layer
from slipway_training.optimizer.passes import NotApplicable, NothingToChange
from slipway_training.parity import parity
from tests.training.optimizer.offset import Offset, offset
from tests.training.prepared import Prepared, prepared


def proof(model: Prepared | Offset, graph: ModelProto) -> Parity:
    return parity.measure(OnnxSession(graph.SerializeToString()), model.expected, model.signature, 1e-5)


def first_nodes(graph: ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node[:3]]


def test_scaler_of_a_network_goes_into_its_first_layer() -> None:
    model = prepared("digits")

    folded = fold_into_first_layer(model.graph).model

    assert first_nodes(folded) == ["Cast", "MatMul", "Add"]
    assert parity.objection(proof(model, folded)) == ""


def test_far_from_zero_the_scaler_is_not_folded_whole() -> None:
    with pytest.raises(NotApplicable, match="it might move a unit of the first layer by"):
        fold_into_first_layer(offset("MLPClassifier").graph)


def test_far_from_zero_the_centres_are_subtracted_in_float64_and_the_rest_is_folded() -> None:
    model = offset("MLPClassifier")

    centred = centre_input(model.graph).model

    assert first_nodes(centred) == ["Sub", "Cast", "MatMul"]
    assert parity.objection(proof(model, centred)) == ""


def test_what_is_centred_already_is_left_alone() -> None:
    centred = centre_input(offset("MLPClassifier").graph).model

    with pytest.raises(NothingToChange, match="the scaler only subtracts"):
        centre_input(centred)


def test_graph_without_layers_has_nothing_to_fold_into() -> None:
    with pytest.raises(NothingToChange, match="its first layer is no product with a bias"):
        fold_into_first_layer(prepared("breast_cancer").graph)
