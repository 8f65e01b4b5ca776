"""FunctionTransformer: numpy's functions of one number that have a form in ONNX; another is Python and has none.

Logarithms to other bases, roots and trigonometry differ from numpy's in the last places, which the parity check sees.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from onnx import TensorProto

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block

Write = Callable[[Assembly, str], str]
"""A wire of float64 -> the wire of the function of it."""


def _operator(kind: str) -> Write:
    return lambda assembly, wire: assembly.add(kind, [wire])


def _with_constant(kind: str, value: float, assembly: Assembly, wire: str) -> str:
    return assembly.add(kind, [wire, assembly.constant(np.array([value]))])


def _by(kind: str, value: float) -> Write:
    return partial(_with_constant, kind, value)


def _in_turn(*writes: Write) -> Write:
    def write(assembly: Assembly, wire: str) -> str:
        for one in writes:
            wire = one(assembly, wire)
        return wire

    return write


def _signed(size: Write) -> Write:
    """The sign of a number times what becomes of its absolute value."""
    return lambda assembly, wire: assembly.add(
        "Mul", [assembly.add("Sign", [wire]), size(assembly, assembly.add("Abs", [wire]))]
    )


def _square(assembly: Assembly, wire: str) -> str:
    return assembly.add("Mul", [wire, wire])


def _two_to_the(assembly: Assembly, wire: str) -> str:
    return assembly.add("Pow", [assembly.constant(np.array([2.0])), wire])


def _is_nan(assembly: Assembly, wire: str) -> str:
    return assembly.add("Cast", [assembly.add("IsNaN", [wire])], to=TensorProto.DOUBLE)


_IN_DEGREES, _IN_RADIANS = _by("Mul", 180 / np.pi), _by("Mul", np.pi / 180)
_FUNCTIONS: dict[Any, Write] = {
    np.abs: _operator("Abs"),
    np.cbrt: _signed(_by("Pow", 1 / 3)),
    np.ceil: _operator("Ceil"),
    np.cos: _operator("Cos"),
    np.deg2rad: _IN_RADIANS,
    np.degrees: _IN_DEGREES,
    np.exp: _operator("Exp"),
    np.exp2: _two_to_the,
    np.expm1: _in_turn(_operator("Exp"), _by("Sub", 1.0)),
    np.fabs: _operator("Abs"),
    np.fix: _signed(_operator("Floor")),
    np.floor: _operator("Floor"),
    np.isnan: _is_nan,
    np.log: _operator("Log"),
    np.log10: _in_turn(_operator("Log"), _by("Div", float(np.log(10.0)))),
    np.log1p: _in_turn(_by("Add", 1.0), _operator("Log")),
    np.log2: _in_turn(_operator("Log"), _by("Div", float(np.log(2.0)))),
    np.negative: _operator("Neg"),
    np.positive: _operator("Identity"),
    np.rad2deg: _IN_DEGREES,
    np.radians: _IN_RADIANS,
    np.reciprocal: _operator("Reciprocal"),
    np.rint: _operator("Round"),
    np.round: _operator("Round"),
    np.sign: _operator("Sign"),
    np.sin: _operator("Sin"),
    np.sqrt: _operator("Sqrt"),
    np.square: _square,
    np.tanh: _operator("Tanh"),
    np.trunc: _signed(_operator("Floor")),
}


def apply(assembly: Assembly, function: Any, blocks: Sequence[Block], path: str) -> list[Block]:
    """The function of every number; raises ConversionError for a function that is not in the table."""
    if function is None:
        return list(blocks)
    if any(block.is_text for block in blocks):
        raise ConversionError(f"step {path}: FunctionTransformer gets text; apply it to number columns only")
    return [Block(wire_of(assembly, function, block.wire, path), block.width) for block in blocks]


def wire_of(assembly: Assembly, function: Any, wire: str, path: str) -> str:
    """One wire through the function."""
    if function in _FUNCTIONS:
        return _FUNCTIONS[function](assembly, wire)
    known = ", ".join(sorted({one.__name__ for one in _FUNCTIONS}))
    raise ConversionError(
        f"step {path}: a function of Python has no ONNX form; use one of numpy's {known}, or do it before Slipway"
    )
