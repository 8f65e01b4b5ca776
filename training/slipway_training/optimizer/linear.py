"""Linear models: the scaler goes into the weights, which are folded in float64.

`score_in_float64` is for models with one score or value. Its product needs no cast of the whole matrix, and what is
left of a difference between one row and many goes when the score alone is cast. For others `fold_scaler` keeps the
model in float32, where the bound of affine.py allows it. `product_in_float64` is for the rest, where float32 cannot
tell apart raw values that a scaler pulled apart.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto

from slipway_training.optimizer.affine import LARGEST_BOUND, Affine, before, columns
from slipway_training.optimizer.passes import Family, Material, NotApplicable, NothingToChange, Pass, Rewritten
from slipway_training.optimizer.wiring import Wiring, floats, set_attribute

_LINEAR = frozenset({"LinearClassifier", "LinearRegressor"})
_TWICE = 2


def fold_scaler(model: ModelProto, _material: Material | None = None, limit: float = LARGEST_BOUND) -> Rewritten:
    """Into the weights of a linear model in float32; raises NotApplicable where the bound is not below `limit`."""
    wiring = Wiring(model)
    node, affine = _site(wiring)
    weights, bias = affine.fold(*_parameters(node))
    bound = affine.bound(weights, bias)
    if not bound < limit:
        raise NotApplicable(
            f"in float32 it might move a score by {bound:.1g}, {limit:g} allowed: raw columns lie far from "
            "zero beside their spread"
        )
    raw = wiring.put_before(node, "Cast", [_joined(wiring, node, affine)], "raw/float32", to=TensorProto.FLOAT)
    _set_parameters(node, raw, weights, bias)
    return Rewritten(wiring.finish(), bound)


def score_in_float64(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """The one score, or the one value, from the raw columns; with a scaler before it or without."""
    wiring = Wiring(model)
    node = _only(wiring)
    weights, bias = _parameters(node)
    is_value = node.op_type == "LinearRegressor" and len(bias) == 1
    if not is_value and not _is_mirrored(node, weights, bias):
        raise NothingToChange("float32 is faster for several scores")
    affine = columns(wiring, node.input[0])
    found = _in_float64(wiring, node, affine)
    return replace(found, bound=None) if affine.is_identity else found


def product_in_float64(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """The scores from the raw columns in float64, and only they are cast."""
    wiring = Wiring(model)
    node, affine = _site(wiring)
    return _in_float64(wiring, node, affine)


def _in_float64(wiring: Wiring, node: NodeProto, affine: Affine) -> Rewritten:
    weights, bias = affine.fold(*_parameters(node))
    unit = np.eye(len(bias))
    if _is_mirrored(node, weights, bias):
        weights, bias, unit = weights[:, 1:], bias[1:], np.array([[-1.0, 1.0]])
    constants = [wiring.add_constant(weights, "score/weights"), wiring.add_constant(bias, "score/bias")]
    score = wiring.put_before(node, "Gemm", [_joined(wiring, node, affine), *constants], "score/float64")
    single = wiring.put_before(node, "Cast", [score], "score/float32", to=TensorProto.FLOAT)
    if node.op_type == "LinearRegressor":
        wiring.replace(node, single)
    else:
        _set_parameters(node, single, unit, np.zeros(unit.shape[1]))
    # Each operation is off by half a step of float64, 2^-29 of what float32 is off by.
    return Rewritten(wiring.finish(), (len(weights) + _TWICE) * 2.0**-29 * affine.bound(weights, bias))


def _only(wiring: Wiring) -> NodeProto:
    nodes: list[NodeProto] = [node for node in wiring.graph.node if node.op_type in _LINEAR]
    if len(nodes) != 1:
        raise NothingToChange(f"there are {len(nodes)} linear models in it")
    return nodes[0]


def _site(wiring: Wiring) -> tuple[NodeProto, Affine]:
    node = _only(wiring)
    return node, before(wiring, node.input[0])


def _parameters(node: NodeProto) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights [columns, outputs] and bias [outputs]; missing intercepts are zeros."""
    coefficients, bias = floats(node, "coefficients"), floats(node, "intercepts")
    if not len(bias):
        raise NotApplicable("it has no intercepts to take the scaler's share")
    return coefficients.reshape(len(bias), -1).T, bias


def _set_parameters(node: NodeProto, wire: str, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    """Let a linear model read a wire, with other weights [columns, outputs] and another bias [outputs]."""
    node.input[0] = wire
    set_attribute(node, "coefficients", weights.T.astype(np.float32).ravel().tolist())
    set_attribute(node, "intercepts", bias.astype(np.float32).tolist())


def _is_mirrored(node: NodeProto, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> bool:
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
    Pass("score_in_float64", "exact", _FAMILY, score_in_float64, spreads_weights=True),
    Pass("fold_scaler", "exact", _FAMILY, fold_scaler),
    Pass("product_in_float64", "exact", _FAMILY, product_in_float64, spreads_weights=True),
)
"""In this order: the others find nothing to do where one of them was applied."""
