import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.assembly import Assembly
from slipway_training.optimizer.affine import before, columns
from slipway_training.optimizer.passes import NothingToChange
from slipway_training.optimizer.wiring import Wiring
from tests.strategies import FEW

STEPS = st.lists(st.tuples(st.sampled_from(["Add", "Sub", "Mul", "Div"]), st.floats(0.01, 100)), min_size=1, max_size=6)


def scaled(steps: list[tuple[str, float]], width: int = 3) -> ModelProto:
    """`X` through arithmetic with constant rows, then the cast that an estimator reads."""
    assembly = Assembly()
    wire = "X"
    for kind, number in steps:
        wire = assembly.add(kind, [wire, assembly.constant(number + np.arange(width, dtype=np.float64)[None])])
    assembly.add("Cast", [wire], "seen", to=TensorProto.FLOAT)
    inputs = [TensorMetadata("X", Datatype.FP64, (-1, width))]
    return assembly.model("scaled", inputs, [TensorMetadata("seen", Datatype.FP32, (-1, width))])


@FEW
@given(steps=STEPS, rows=st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_arithmetic_with_constant_rows_is_one_slope_and_one_offset(
    steps: list[tuple[str, float]], rows: list[list[float]]
) -> None:
    model, raw = scaled(steps), np.array(rows)

    found = columns(Wiring(model), "seen")

    (seen,) = OnnxSession(model.SerializeToString()).run({"X": raw})
    size = np.abs(raw * found.slope) + np.abs(found.offset)
    assert found.wires == ("X",)
    assert np.all(np.abs(seen - (raw * found.slope + found.offset)) <= 1e-6 * size + 1e-30)


@FEW
@given(steps=STEPS, seed=st.integers(0, 1000))
def test_folding_into_weights_leaves_the_score_as_it_was(steps: list[tuple[str, float]], seed: int) -> None:
    random = np.random.default_rng(seed)
    raw, weights, bias = random.normal(size=(4, 3)), random.normal(size=(3, 2)), random.normal(size=2)
    found = columns(Wiring(scaled(steps)), "seen")

    folded, shifted = found.fold(weights, bias)

    scaled_columns = raw * found.slope + found.offset
    size = np.abs(scaled_columns) @ np.abs(weights) + np.abs(found.offset) @ np.abs(weights) + np.abs(bias)
    assert np.all(np.abs(raw @ folded + shifted - (scaled_columns @ weights + bias)) <= 1e-12 * size)


def test_columns_that_are_joined_keep_their_order_and_their_own_scalers() -> None:
    assembly = Assembly()
    doubled = assembly.add("Mul", ["X", assembly.constant(np.array([[2.0, 3.0]]))])
    joined = assembly.add("Concat", ["Y", doubled], axis=1)
    assembly.add("Cast", [joined], "seen", to=TensorProto.FLOAT)
    inputs = [TensorMetadata("X", Datatype.FP64, (-1, 2)), TensorMetadata("Y", Datatype.FP64, (-1, 1))]
    model = assembly.model("joined", inputs, [TensorMetadata("seen", Datatype.FP32, (-1, 3))])

    found = before(Wiring(model), "seen")

    assert (found.wires, found.slope.tolist()) == (("Y", "X"), [1.0, 2.0, 3.0])


def test_scalers_that_cancel_each_other_are_nothing_to_fold() -> None:
    with pytest.raises(NothingToChange, match="there is no scaler just before it"):
        before(Wiring(scaled([("Add", 1.0), ("Sub", 1.0)])), "seen")


def test_nothing_before_the_cast_is_nothing_to_fold() -> None:
    with pytest.raises(NothingToChange, match="there is no scaler just before it"):
        before(Wiring(scaled([])), "seen")
