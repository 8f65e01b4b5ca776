"""Bisection over float64 in their order, so that every halving visits a number that can be represented.

float64 are counted by int64: the next number up is the next count up, from minus to plus infinity, through zero.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIGN = np.int64(-(2**63))


def ordinal(values: Any) -> NDArray[np.int64]:
    """The counts of float64, of any shape."""
    bits = np.asarray(values, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, _SIGN - bits, bits)


def number(ordinals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The float64 of these counts."""
    return np.where(ordinals < 0, _SIGN - ordinals, ordinals).view(np.float64)


def last_that_holds(
    low: NDArray[np.int64], high: NDArray[np.int64], holds: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
) -> NDArray[np.int64]:
    """Element by element the last count from `low` on where a condition holds that does not at `high`.

    The condition is asked for all elements at a time; at `low` it is taken to hold, and up to `high` it changes once.
    """
    while np.any(high - 1 > low):  # high - low does not fit where there are both signs
        middle = low // 2 + high // 2 + (low % 2 + high % 2) // 2
        is_held = holds(number(middle))
        low, high = np.where(is_held, middle, low), np.where(is_held, high, middle)
    return low
