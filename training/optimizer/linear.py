"""Linear models: the scaler goes into the weights, which are folded in float64.

`fold_scaler` keeps the model in float32, where the bound of affine.py allows it: one cast and one node are left.
`product_in_float64` is for the rest, where float32 cannot tell apart raw values that a scaler pulled apart: the score
is computed in float64 from the raw columns, and only the score is cast.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto

from training.optimizer.affine import LARGEST_BOUND, Affine, before
from training.optimizer.passes import Declined, Family, Material, NothingToDo, Pass, Rewritten
from training.optimizer.wiring import Wiring, floats, set_attribute

LINEAR = frozenset({"LinearClassifier", "LinearRegressor"})
"""The operators of linear models."""

_TWICE = 2


def fold_scaler(model: ModelProto, _material: Material | None = None, limit: float = LARGEST_BOUND) -> Rewritten:
    """Into the weights of a linear model in float32; raises Declined where the bound is not below `limit`."""
    wiring = Wiring(model)
    node, affine = _site(wiring)
    weights, bias = affine.fold(*parameters(node))
    bound = affine.bound(weights, bias)
    if not bound < limit:
        raise Declined(
            f"in float32 it might move a score by {bound:.1g}, {limit:g} allowed: raw columns lie far from "
            "zero beside their spread"
        )
    raw = wiring.put_before(node, "Cast", [_joined(wiring, node, affine)], "raw/float32", to=TensorProto.FLOAT)
    set_parameters(node, raw, weights, bias)
    return Rewritten(wiring.finish(), bound)


def product_in_float64(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """The score of a linear model in float64, from the raw columns."""
    wiring = Wiring(model)
    node, affine = _site(wiring)
    weights, bias = affine.fold(*parameters(node))
    if is_mirrored(node, weights, bias):
        weights, bias = weights[:, 1:], bias[1:]
        set_attribute(node, "multi_class", 0)
    constants = [wiring.add_constant(weights, "score/weights"), wiring.add_constant(bias, "score/bias")]
    score = wiring.put_before(node, "Gemm", [_joined(wiring, node, affine), *constants], "score/float64")
    single = wiring.put_before(node, "Cast", [score], "score/float32", to=TensorProto.FLOAT)
    if node.op_type == "LinearRegressor":
        wiring.replace(node, single)
    else:
        set_parameters(node, single, np.eye(len(bias)), np.zeros(len(bias)))
    # Each operation is off by half a step of float64, 2^-29 of what float32 is off by.
    return Rewritten(wiring.finish(), (len(weights) + _TWICE) * 2.0**-29 * affine.bound(weights, bias))


def _site(wiring: Wiring) -> tuple[NodeProto, Affine]:
    nodes = [node for node in wiring.graph.node if node.op_type in LINEAR]
    if len(nodes) != 1:
        raise NothingToDo(f"there are {len(nodes)} linear models in it")
    return nodes[0], before(wiring, nodes[0].input[0])


def parameters(node: NodeProto) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights [columns, outputs] and bias [outputs]; missing intercepts are zeros."""
    coefficients, bias = floats(node, "coefficients"), floats(node, "intercepts")
    if not len(bias):
        raise Declined("it has no intercepts to take the scaler's share")
    return coefficients.reshape(len(bias), -1).T, bias


def set_parameters(node: NodeProto, wire: str, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    """Let a linear model read a wire, with other weights [columns, outputs] and another bias [outputs]."""
    node.input[0] = wire
    set_attribute(node, "coefficients", weights.T.astype(np.float32).ravel().tolist())
    set_attribute(node, "intercepts", bias.astype(np.float32).tolist())


def is_mirrored(node: NodeProto, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> bool:
    """Whether it is a classifier of two classes whose scores are each other's opposites, so that one will do."""
    return (
        node.op_type == "LinearClassifier"
        and len(bias) == _TWICE
        and bool(np.all(weights[:, 0] == -weights[:, 1]) and bias[0] == -bias[1])
    )


def _joined(wiring: Wiring, node: NodeProto, affine: Affine) -> str:
    if len(affine.wires) == 1:
        return affine.wires[0]
    return wiring.put_before(node, "Concat", affine.wires, "raw/float64", axis=1)


_FAMILY: frozenset[Family] = frozenset({"linear models"})
PASSES = (
    Pass("fold_scaler", "exact", _FAMILY, fold_scaler),
    Pass("product_in_float64", "exact", _FAMILY, product_in_float64, spreads_weights=True),
)
"""In this order: the second finds nothing to do where the first was applied."""
