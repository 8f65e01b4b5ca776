"""How deep the values of a JSON list lie, found by its brackets and commas alone."""

from typing import NamedTuple

import numpy as np

_OPENING, _CLOSING, _COMMA = b"[],"
_OTHERS = bytes(set(range(256)) - {_OPENING, _CLOSING, _COMMA})
_STEPS = np.zeros(256, np.int8)
_STEPS[[_OPENING, _CLOSING]] = 1, -1


class Nesting(NamedTuple):
    """The deepest list, and whether all values lie in lists as deep; if so, how many values where that can be told."""

    depth: int
    is_even: bool
    count: int | None


def nesting_of(text: bytes) -> Nesting:
    """Of a list that is valid JSON with neither strings nor objects.

    Even means that no list but the deepest ones is empty as well. The values are not counted where an empty list cannot
    be told from one that holds a single value.
    """
    kept = text.translate(None, _OTHERS)
    signs = np.frombuffer(kept, np.uint8)
    steps = _STEPS[signs]
    depths = np.cumsum(steps, dtype=np.int64)
    deepest = int(depths.max())
    lists = np.bincount(depths[steps > 0], minlength=deepest + 1)
    commas = np.bincount(depths[steps == 0], minlength=deepest + 1)
    # A list has at most one value more than commas: where so many lists lie in it, nothing else does.
    is_even = np.array_equal(lists[2:], lists[1:deepest] + commas[1:deepest])
    return Nesting(deepest, is_even, None if b"[]" in kept else int(lists[deepest] + commas[deepest]))
