"""Bodies of middling size that are read at once: whatever is in them, that takes about a millisecond.

Cutting them up would cost more than it spares. What counts is not how long a body is but how many values, keys and
texts there may be in it, which is a matter of microseconds to find out.
"""

import re

import numpy as np

AT_ONCE = 128 * 1024
"""Bytes of the longest such body."""

_MOST_COMMAS = 5000
"""Of rows: each value has one, and so has each key."""
_LITTLE = 1024
_DATA = re.compile(rb'"data"[ \t\n\r]*:[ \t\n\r]*\[')
_LONG = 4096


def has_few_values(body: bytes) -> bool:
    """Whether rows can be read at once."""
    return len(body) <= AT_ONCE and count(body, b",") <= _MOST_COMMAS


def count(body: bytes, sign: bytes) -> int:
    """How often an octet is in a body, by whatever finds that out sooner."""
    if len(body) < _LONG:
        return body.count(sign)
    return int(np.count_nonzero(np.frombuffer(body, np.uint8) == sign[0]))


def has_only_numbers(body: bytes) -> bool:
    """Whether an inference request can be read at once: there is no text or object but at its beginning and end."""
    if len(body) > AT_ONCE:
        return False
    data = _DATA.search(body, 0, _LITTLE)
    return data is not None and not _holds(body, b'"', data.end()) and not _holds(body, b"{", data.end())


def _holds(body: bytes, sign: bytes, start: int) -> bool:
    return 0 <= body.find(sign, start) < len(body) - _LITTLE
