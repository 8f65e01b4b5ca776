import numpy as np
import pytest
from onnx import ModelProto, TensorProto

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.assembly import Assembly
from slipway_training.optimizer.passes import NothingToChange
from slipway_training.optimizer.tidy import drop_idle, shorten_label
from tests.training.prepared import MODELS, prepared


def graph(assembly: Assembly) -> ModelProto:
    inputs = [TensorMetadata("X", Datatype.FP64, (-1, 2))]
    return assembly.model("made up", inputs, [TensorMetadata("value", Datatype.FP32, (-1, 2))])


def bits(model: ModelProto, name: str) -> list[object]:
    own = prepared(name)
    tensors = to_tensors(own.expected.frame, own.signature)
    outputs = OnnxSession(model.SerializeToString()).run(tensors)
    return [output.tolist() if output.dtype == object else output.tobytes() for output in outputs]


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"cancer_forest", "diabetes"}))
def test_every_bit_stays_when_idle_nodes_go(name: str) -> None:
    model = prepared(name).graph

    tidy = drop_idle(model).model

    assert len(tidy.graph.node) < len(model.graph.node)
    assert "Identity" not in {node.op_type for node in tidy.graph.node}
    assert bits(tidy, name) == bits(model, name)


def test_every_bit_stays_when_the_label_is_looked_up_in_two_steps() -> None:
    model = prepared("digits").graph

    short = shorten_label(model).model

    assert [node.op_type for node in short.graph.node[-2:]] == ["ArgMax", "Gather"]
    assert bits(short, "digits") == bits(model, "digits")


def test_output_keeps_its_name_when_the_identity_that_gave_it_goes() -> None:
    assembly = Assembly()
    cast = assembly.add("Cast", ["X"], to=TensorProto.FLOAT)
    assembly.add("Identity", [cast], "value")

    tidy = drop_idle(graph(assembly)).model

    assert [(node.op_type, node.output[0]) for node in tidy.graph.node] == [("Cast", "value")]


def test_identity_between_input_and_output_stays() -> None:
    assembly = Assembly()
    assembly.add("Identity", ["X"], "value")

    model = assembly.model(
        "made up",
        [TensorMetadata("X", Datatype.FP32, (-1, 2))],
        [TensorMetadata("value", Datatype.FP32, (-1, 2))],
    )

    with pytest.raises(NothingToChange):
        drop_idle(model)


def test_cast_to_another_type_is_not_idle() -> None:
    assembly = Assembly()
    single = assembly.add("Cast", ["X"], to=TensorProto.FLOAT)
    assembly.add("Cast", [assembly.add("Cast", [single], to=TensorProto.DOUBLE)], "value", to=TensorProto.FLOAT)
    model = graph(assembly)

    with pytest.raises(NothingToChange):
        drop_idle(model)

    rounded = OnnxSession(model.SerializeToString()).run({"X": np.array([[0.1, 0.2]])})[0]
    assert rounded.dtype == np.float32
