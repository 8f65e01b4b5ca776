"""How deep the values of a JSON list lie, found by its signs alone, without making objects of them."""

from typing import NamedTuple

import numpy as np

from slipway_ml.contract.tensors import Tensor

_QUOTE, _OPENING_BRACE, _CLOSING_BRACE = b'"{}'
_SPACE = b" \t\n\r"
_VALUE = ord("0")
_SIGNS = bytes([sign if sign in b"[]," else _VALUE for sign in range(256)])
"""Whatever is no bracket and no comma belongs to a value."""
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[]")] = 1, -1


class Nesting(NamedTuple):
    """How deep the deepest list is, how many values there are, and whether all of them lie in lists as deep as it."""

    depth: int
    values: int
    is_even: bool


def nesting_of(text: bytes) -> Nesting:
    """Of a list that is valid JSON, in which lists may be empty, and objects are values."""
    kept = _without_objects(text) if b"{" in text else _without_strings(text) if b'"' in text else text
    signs = np.frombuffer(kept.translate(_SIGNS, _SPACE), np.uint8)
    depths = np.cumsum(_STEPS[signs], dtype=np.int16)
    is_value = signs == _VALUE
    starts = np.flatnonzero(is_value[1:] & ~is_value[:-1])
    deepest = int(depths.max())
    return Nesting(deepest, len(starts), bool((depths[starts] == deepest).all()))


def _without_strings(text: bytes) -> bytes:
    """The text with something in the place of each sign of a string."""
    return _outside_strings(text).tobytes()


def _outside_strings(text: bytes) -> Tensor:
    if b"\\" in text:
        text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    signs = np.frombuffer(text, np.uint8)
    is_inside = np.cumsum(signs == _QUOTE, dtype=np.uint8) & np.uint8(1)
    return np.where(is_inside.view(np.bool_), np.uint8(_VALUE), signs)


def _without_objects(text: bytes) -> bytes:
    signs = _outside_strings(text)
    steps = (signs == _OPENING_BRACE).view(np.int8) - (signs == _CLOSING_BRACE).view(np.int8)
    signs[np.cumsum(steps, dtype=np.int16) > 0] = _VALUE
    return signs.tobytes()
