import numpy as np
import pytest
from numpy.typing import NDArray

from slipway_ml.runtime.session import OnnxSession
from slipway_training.optimizer.weights import quantize_weights, weight_nodes
from tests.training.optimizer.graphs import product
from tests.training.prepared import prepared

WEIGHTS = np.random.default_rng(0).normal(size=(64, 48)).astype(np.float32)
ROWS = np.random.default_rng(1).normal(size=(5, 64)).astype(np.float32)


def predictions(model: bytes) -> NDArray[np.float32]:
    outputs: NDArray[np.float32] = OnnxSession(model).run({"x": ROWS})[0]
    return outputs


@pytest.mark.parametrize(
    ("kind", "weights", "attributes"),
    [("MatMul", WEIGHTS, {}), ("Gemm", WEIGHTS, {}), ("Gemm", WEIGHTS.T.copy(), {"transB": 1})],
    ids=["MatMul", "Gemm", "Gemm with transB"],
)
def test_weights_move_by_half_a_step_of_their_channel_at_most(
    kind: str, weights: NDArray[np.float32], attributes: dict[str, int]
) -> None:
    model = product(weights, kind, **attributes)

    small = quantize_weights(model)

    step = np.abs(WEIGHTS).max(axis=0) / 127
    bound = np.abs(ROWS).sum(axis=1, keepdims=True) * step / 2 + 1e-4
    assert np.all(np.abs(predictions(small.SerializeToString()) - predictions(model.SerializeToString())) <= bound)
    assert small.ByteSize() < 0.4 * model.ByteSize()


def test_column_of_zeros_stays_zero() -> None:
    weights = WEIGHTS.copy()
    weights[:, 3] = 0

    given = predictions(quantize_weights(product(weights)).SerializeToString())

    assert np.all(given[:, 3] == 0)


def test_matrix_too_small_to_gain_anything_is_left_alone() -> None:
    model = product(WEIGHTS[:, :2].copy())

    assert quantize_weights(model).SerializeToString() == model.SerializeToString()


def test_original_is_not_changed() -> None:
    model = product(WEIGHTS)
    before = model.SerializeToString()

    quantize_weights(model)

    assert model.SerializeToString() == before


def test_only_matrix_products_hold_weights_to_shrink() -> None:
    assert len(weight_nodes(prepared("digits").graph)) == 3
    assert weight_nodes(prepared("cancer_forest").graph) == []
