"""A row alone gets the answer that it has among others, to the bit, on real graphs."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.row_independence import mixes_rows
from slipway_ml.runtime.session import OnnxSession

COUNT = 30
RANDOM = np.random.default_rng(1)
ROWS = RANDOM.normal(0.0, 3.0, (200, COUNT)).astype(np.float32)
WEIGHTS = RANDOM.normal(size=(COUNT, 3)).astype(np.float32)


def graph_of(node: onnx.NodeProto, rows: int | str = "n", weights: Tensor = WEIGHTS) -> onnx.ModelProto:
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [rows, COUNT])]
    outputs = [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [rows, weights.shape[1]])]
    graph = helper.make_graph([node], "product", inputs, outputs, [numpy_helper.from_array(weights, "W")])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def linear_regressor() -> onnx.NodeProto:
    coefficients = WEIGHTS.T.ravel().tolist()
    return helper.make_node(
        "LinearRegressor", ["X"], ["Y"], domain="ai.onnx.ml", coefficients=coefficients, targets=WEIGHTS.shape[1]
    )


NODES: dict[str, onnx.NodeProto] = {
    "MatMul": helper.make_node("MatMul", ["X", "W"], ["Y"]),
    "Gemm": helper.make_node("Gemm", ["X", "W"], ["Y"]),
    "LinearRegressor": linear_regressor(),
}


def alone(session: OnnxSession) -> Tensor:
    return np.concatenate([session.run({"X": row})[0] for row in np.split(ROWS, len(ROWS))])


@pytest.mark.parametrize("name", NODES)
def test_a_row_alone_gets_the_bits_that_it_has_among_others(name: str) -> None:
    session = OnnxSession(graph_of(NODES[name]).SerializeToString())

    np.testing.assert_array_equal(alone(session), session.run({"X": ROWS})[0])


@pytest.mark.parametrize("size", [2, 3, 5, 16, 33, 100])
def test_rows_have_the_same_bits_in_requests_of_any_size(size: int) -> None:
    session = OnnxSession(graph_of(NODES["LinearRegressor"]).SerializeToString())
    starts = range(0, len(ROWS), size)

    parts = [session.run({"X": ROWS[start : start + size]})[0] for start in starts]

    np.testing.assert_array_equal(np.concatenate(parts), session.run({"X": ROWS})[0])


def test_a_graph_for_exactly_one_row_is_run_as_it_is() -> None:
    session = OnnxSession(graph_of(NODES["LinearRegressor"], rows=1).SerializeToString())

    (answer,) = session.run({"X": ROWS[:1]})

    np.testing.assert_allclose(answer, ROWS[:1] @ WEIGHTS, rtol=1e-5)


def test_a_graph_that_quantizes_while_it_runs_is_known_to_mix_rows(tmp_path: Any) -> None:
    """The scale is that of the largest number in the batch, so a neighbour's large number blurs everybody's answer."""
    onnx.save(graph_of(NODES["MatMul"]), tmp_path / "fp32.onnx")
    quantize_dynamic(tmp_path / "fp32.onnx", tmp_path / "int8.onnx")
    session = OnnxSession((tmp_path / "int8.onnx").read_bytes())
    neighbour = np.full((1, COUNT), 1000.0, np.float32)

    (own,) = session.run({"X": ROWS[:1]})
    (beside,) = session.run({"X": np.concatenate((ROWS[:1], neighbour))})

    assert session.mixes_rows
    assert np.abs(own - beside[:1]).max() > 0.1


def test_other_operators_mix_nothing() -> None:
    assert not mixes_rows({"Gemm", "QLinearMatMul", "TreeEnsemble"})
