"""Bodies of middling size that are read at once: whatever is in them, that takes about a millisecond.

Cutting them up would cost more than it spares. What counts is not how long a body is but how many values, keys and
texts there may be in it, which is a matter of microseconds to find out.
"""

import re

import numpy as np

AT_ONCE = 128 * 1024
"""Bytes of the longest such body."""

_MANY_COMMAS = 2500
_MOST_COMMAS = 5000
"""Of rows: each value has one, and so has each key."""
_FEW_OBJECTS = 10
_MOST_LISTS = 2000
_FLOATS = b'"FP'
_OTHER_SIGNS = (b'"', b"{", b"n", b"N")
"""Of texts, objects, null and NaN."""
_LITTLE = 1024
_DATA = re.compile(rb'"data"[ \t\n\r]*:[ \t\n\r]*\[')
_LONG = 4096


def has_few_values(body: bytes) -> bool:
    """Whether rows can be read at once: few values, and no row with very many fields, each of which is a problem."""
    if len(body) > AT_ONCE:
        return False
    commas = count(body, b",")
    return commas <= _MANY_COMMAS or (commas <= _MOST_COMMAS and not 1 < count(body, b"{") < _FEW_OBJECTS)


def count(body: bytes, sign: bytes) -> int:
    """How often an octet is in a body, by whatever finds that out sooner."""
    if len(body) < _LONG:
        return body.count(sign)
    return int(np.count_nonzero(np.frombuffer(body, np.uint8) == sign[0]))


def has_only_numbers(body: bytes) -> bool:
    """Whether an inference request can be read at once: there are floats, and nothing else but at its ends."""
    if len(body) > AT_ONCE:
        return False
    data = _DATA.search(body, 0, _LITTLE)
    if data is None or body.find(_FLOATS, 0, _LITTLE) < 0:
        return False
    if any(_holds(body, sign, data.end()) for sign in _OTHER_SIGNS):
        return False
    return not _holds(body, b"[", data.end()) or count(body, b"[") <= _MOST_LISTS


def _holds(body: bytes, sign: bytes, start: int) -> bool:
    return 0 <= body.find(sign, start) < len(body) - _LITTLE
