"""Tiny graphs with one matrix of weights, and measured variants made by hand, for the optimizer's tests."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from slipway_ml.contract.parity import Parity, RowsCompared, ValueChange
from slipway_ml.contract.variant import Guarantee
from slipway_training.export.assembly import IR_VERSION, TARGET
from slipway_training.optimizer.variants import EXPORTED, Built, Measured


def product(weights: NDArray[np.float32], kind: str = "MatMul", **attributes: Any) -> ModelProto:
    """`y = x · weights` as a graph."""
    node = helper.make_node(kind, ["x", "w"], ["y"], name="product", **attributes)
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", None]) for name in ("x", "y")]
    graph = helper.make_graph([node], "product", value[:1], value[1:], [numpy_helper.from_array(weights, "w")])
    opsets = [helper.make_opsetid(domain, version) for domain, version in TARGET.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def measured(
    name: str = EXPORTED,
    *,
    kib: int = 1000,
    flips: int = 0,
    change: float = 0.0,
    score: float = 0.9,
    latency: float = 10.0,
    is_portable: bool = True,
    guarantee: Guarantee | None = None,
    objection: str = "",
    is_quantized: bool = False,
    is_default: bool = True,
    values: ValueChange | None = None,
) -> Measured:
    """A variant on 1,000 held-out rows with the measurements given; the exported graph is exact, others are not."""
    found: dict[str, Any] = {"label_flips": flips, "largest_difference": change, "p999_difference": change}
    judged = RowsCompared(kind="held_out", rows=1000, **found)
    parity = Parity(rows=1000, edge_rows=0, tolerance=0.02, kinds=(judged,), **found)
    model = bytes(kib * 1024)
    guarantee = guarantee or ("exact" if name == EXPORTED else "bounded")
    built = Built(
        name,
        f"made up {name}",
        model,
        guarantee,
        is_portable=is_portable,
        is_quantized=is_quantized,
        is_default=is_default,
    )
    return Measured(built, model, parity, score, name, objection, {1: latency, 64: latency}, change=values)
