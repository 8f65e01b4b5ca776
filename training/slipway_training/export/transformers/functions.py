"""FunctionTransformer: the numpy functions that have an exact operator; another function is Python and has no form."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block

_OPERATORS: dict[Any, tuple[str, ...]] = {
    np.abs: ("Abs",),
    np.ceil: ("Ceil",),
    np.exp: ("Exp",),
    np.floor: ("Floor",),
    np.log: ("Log",),
    np.negative: ("Neg",),
    np.reciprocal: ("Reciprocal",),
    np.sign: ("Sign",),
    np.sqrt: ("Sqrt",),
}
_WITH_ONE: dict[Any, tuple[str, str]] = {np.log1p: ("Add", "Log"), np.expm1: ("Exp", "Sub")}


def apply(assembly: Assembly, function: Any, blocks: Sequence[Block], path: str) -> list[Block]:
    """The function of every number; raises ConversionError for a function that is not in the table."""
    if function is None:
        return list(blocks)
    if any(block.is_text for block in blocks):
        raise ConversionError(f"step {path}: FunctionTransformer gets text; apply it to number columns only")
    return [Block(wire_of(assembly, function, block.wire, path), block.width) for block in blocks]


def wire_of(assembly: Assembly, function: Any, wire: str, path: str) -> str:
    """One wire through the function."""
    if function in _OPERATORS:
        for kind in _OPERATORS[function]:
            wire = assembly.add(kind, [wire])
        return wire
    if function in _WITH_ONE:
        one = assembly.constant(np.array([1.0]))
        for kind in _WITH_ONE[function]:
            wire = assembly.add(kind, [wire, one] if kind in {"Add", "Sub"} else [wire])
        return wire
    known = ", ".join(sorted(f.__name__ for f in (*_OPERATORS, *_WITH_ONE)))
    raise ConversionError(
        f"step {path}: a function of Python has no ONNX form; use one of numpy's {known}, or do it before Slipway"
    )
