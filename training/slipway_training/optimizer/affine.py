"""The scalers before an estimator as what they are together: each column times a number plus a number.

`before` walks back from the float32 wire that an estimator reads over casts, additions, subtractions, products and
quotients with constant rows, and over concatenations, until it meets something else: the wires there hold the raw
columns, in float64.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto

from slipway_training.optimizer.passes import NotApplicable, NothingToChange
from slipway_training.optimizer.wiring import Wiring, attribute

LARGEST_BOUND = 1e-4
"""A scaler is folded in float32 only where that moves a score by less, whatever the row."""

_HALF_STEP = 2.0**-23
_SPREADS = 4.0
"""How many of its scales a raw column is assumed to lie from its centre."""


@dataclass(frozen=True, slots=True)
class Affine:
    """`column = slope * raw + offset` for each of the columns of `wires`, which are joined in this order."""

    wires: tuple[str, ...]
    slope: NDArray[np.float64]
    offset: NDArray[np.float64]

    @property
    def is_identity(self) -> bool:
        """Whether there is nothing to fold."""
        return bool(np.all(self.slope == 1) and np.all(self.offset == 0))

    @property
    def centre(self) -> NDArray[np.float64]:
        """The raw value of each column that becomes 0."""
        return -self.offset / self.slope

    def fold(self, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Weights [columns, outputs] and bias [outputs] that take the raw columns, computed in float64."""
        return weights * self.slope[:, None], bias + self.offset @ weights

    def bound(self, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> float:
        """The most that float32 may move a score, given folded weights and bias.

        Half a step of float32 for each product and for the bias, where a raw column lies within four of its scales of
        its centre: 2^-23 * (sum |w| * (|centre| + 4 scale) + |b|), the largest over the outputs.
        """
        reach = np.abs(self.centre) + _SPREADS / np.abs(self.slope)
        return float(_HALF_STEP * (reach @ np.abs(weights) + np.abs(bias)).max())


def before(wiring: Wiring, wire: str) -> Affine:
    """What stands before a float32 wire; raises NothingToDo where nothing is scaled in float64."""
    found = columns(wiring, wire)
    if found.is_identity:
        raise NothingToChange("there is no scaler just before it")
    return found


def columns(wiring: Wiring, wire: str) -> Affine:
    """The same where nothing may be scaled; raises NothingToDo where no float64 is cast there."""
    known = widths(wiring)
    while (maker := wiring.maker(wire)) is not None and _passes_on(maker):
        wire = maker.input[0]
    if wire not in known:
        raise NothingToChange("there is no scaler just before it")
    return _walk(wiring, wire, known)


def _passes_on(node: NodeProto) -> bool:
    to = attribute(node, "to")
    return node.op_type == "Identity" or (node.op_type == "Cast" and to is not None and to.i == TensorProto.FLOAT)


def _walk(wiring: Wiring, wire: str, known: dict[str, int]) -> Affine:
    maker = wiring.maker(wire)
    kind = maker.op_type if maker is not None else ""
    if maker is not None and kind == "Identity":
        return _walk(wiring, maker.input[0], known)
    if maker is not None and kind == "Concat":
        axis = attribute(maker, "axis")
        if axis is not None and axis.i == 1:
            parts = [_walk(wiring, own, known) for own in maker.input]
            if not all(part.is_identity for part in parts):
                return _joined(parts)
    if maker is not None and kind in {"Add", "Sub", "Mul", "Div"}:
        row = wiring.constant(maker.input[1])
        if row is not None and row.dtype == np.float64 and row.shape == (1, row.size):
            return _then(kind, _walk(wiring, maker.input[0], known), row.ravel())
    if wire not in known:
        raise NotApplicable("the number of its columns is not known")
    return Affine((wire,), np.ones(known[wire]), np.zeros(known[wire]))


def _joined(parts: list[Affine]) -> Affine:
    wires = tuple(wire for part in parts for wire in part.wires)
    return Affine(wires, np.concatenate([p.slope for p in parts]), np.concatenate([p.offset for p in parts]))


def _then(kind: str, own: Affine, row: NDArray[np.float64]) -> Affine:
    match kind:
        case "Add":
            return Affine(own.wires, own.slope, own.offset + row)
        case "Sub":
            return Affine(own.wires, own.slope, own.offset - row)
        case "Mul":
            return Affine(own.wires, own.slope * row, own.offset * row)
    return Affine(own.wires, own.slope / row, own.offset / row)


def widths(wiring: Wiring) -> dict[str, int]:
    """The number of columns of every float64 wire where the graph tells it."""
    graph = onnx.shape_inference.infer_shapes(wiring.model).graph
    return {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in (*graph.input, *graph.value_info)
        if value.type.tensor_type.elem_type == TensorProto.DOUBLE
        and len(value.type.tensor_type.shape.dim) == 2  # noqa: PLR2004  # rows and columns
        and value.type.tensor_type.shape.dim[1].dim_value
    }
