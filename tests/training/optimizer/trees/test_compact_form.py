import numpy as np
from onnx import ModelProto
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.assembly import TARGET
from slipway_training.optimizer.trees.compact_form import drop_empty, drop_zeros
from tests.training.optimizer.trees.models import exported

X, Y = load_iris(return_X_y=True)
ROWS = np.random.default_rng(0).uniform(0, 8, (3000, 4)).astype(np.float32)


def usual() -> ModelProto:
    fitted = RandomForestClassifier(20, random_state=0).fit(X, Y)
    model: ModelProto = to_onnx(fitted, X[:1].astype(np.float32), target_opset=TARGET, options={"zipmap": False})
    return model


def test_the_usual_export_loses_a_third_of_its_size_and_no_bit_of_an_answer() -> None:
    model = usual()

    small = drop_zeros(drop_empty(model, exported("means").material).model, exported("means").material).model

    assert small.ByteSize() < 0.67 * model.ByteSize()
    assert all(np.array_equal(one, other) for one, other in zip(ask(model), ask(small), strict=True))


def test_a_graph_that_is_given_stays_as_it_was() -> None:
    model = usual()
    before = model.SerializeToString()

    drop_empty(model, exported("means").material)

    assert model.SerializeToString() == before


def ask(model: ModelProto) -> list[Tensor]:
    return OnnxSession(model.SerializeToString()).run({"X": ROWS})
