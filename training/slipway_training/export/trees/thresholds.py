"""Which raw float64 is the last that an estimator sees at or below a threshold, exactly.

Trees of scikit-learn cast to float32 before they compare; there the threshold has a closed form. Behind transformers
that grow with their column it is found by bisection over all float64 in their order, with the fitted transformer as
oracle.
"""

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from slipway_training.export.bisection import last_that_holds, number, ordinal
from slipway_training.export.blocks import See
from slipway_training.export.trees.ensemble import Flags, Floats, Ints

CHECKED_STEPS = 16
"""So many float64 to each side of a folded threshold are asked, to see that the transformer grows there."""

_FAR = float(np.finfo(np.float64).max)
_LADDER = (_FAR, *(10.0**power for power in (150, 75, 30, 15, 6, 3, 1, 0, -1, -3, -6, -15, -30, -75, -150, -300)))
"""How far out a search begins: as far as the transformer has a value."""


def last_at_or_below(thresholds: Floats) -> Floats:
    """For each threshold the largest float64 whose float32 is at or below it."""
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
        below = np.nextafter(single, np.float32(-np.inf))
        single = np.where(single.astype(np.float64) > thresholds, below, single)
        after = np.nextafter(single, np.float32(np.inf))
    middle = (single.astype(np.float64) + after.astype(np.float64)) / 2
    # A float64 in the middle goes to the float32 whose last bit is zero.
    takes_middle = single.view(np.uint32) % 2 == 0
    found = np.where(takes_middle, middle, np.nextafter(middle, -np.inf))
    return np.where(np.isfinite(middle), found, thresholds)


def fold(see: See, width: int, columns: Ints, thresholds: Floats, *, is_single: bool) -> Floats | None:
    """The same through transformers; None where one of them does not grow around a threshold.

    A threshold that no float64 reaches from above becomes the largest one, one that none is below -inf.
    """
    see = without_warnings(see)
    found = np.empty(len(thresholds))
    order = np.lexsort((thresholds, columns))
    pairs, back = np.unique(np.column_stack([columns, thresholds])[order], axis=0, return_inverse=True)
    used, counts = np.unique(pairs[:, 0].astype(np.int64), return_counts=True)
    wanted = np.full((int(counts.max(initial=1)), width), np.nan)
    for column, count, end in zip(used, counts, np.cumsum(counts), strict=True):
        wanted[:count, column] = pairs[end - count : end, 1]
        wanted[count:, column] = pairs[end - 1, 1]

    def is_below(rows: Floats) -> Flags:
        seen = see(rows)
        with np.errstate(over="ignore"):
            return np.asarray((seen.astype(np.float32) if is_single else seen) <= wanted)

    is_wanted = ~np.isnan(wanted)
    last = _bisect(see, is_below, is_wanted)
    if last is None or not _is_monotonic(is_below, last, is_wanted):
        return None
    flat = np.concatenate([last[:count, column] for column, count in zip(used, counts, strict=True)])
    found[order] = flat[np.ravel(back)]
    return found


def without_warnings(see: See) -> See:
    """The same without warnings: columns without names, and the far ends of float64, are asked on purpose."""

    def asked(rows: Floats) -> Floats:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return np.asarray(see(rows), dtype=np.float64)

    return asked


def _bisect(see: See, is_below: Callable[[Floats], Flags], is_wanted: Flags) -> Floats | None:
    width = is_wanted.shape[1]
    lowest = _first_returned(see, (*(-far for far in _LADDER), 0.0, *_LADDER[::-1]), width)
    highest = _first_returned(see, (*_LADDER, 0.0, *(-far for far in _LADDER[::-1])), width)
    low, high = (np.full(is_wanted.shape, ordinal(end)) for end in (lowest, highest))
    is_never, is_always = ~is_below(number(low)) & is_wanted, is_below(number(high)) & is_wanted
    if (lowest > -_FAR and np.any(is_never)) or (highest < _FAR and np.any(is_always)):
        return None  # the threshold lies where the transformer has no value
    last = number(last_that_holds(low, high, is_below))
    return np.where(is_always, _FAR, np.where(is_never, -np.inf, last))


def _is_monotonic(is_below: Callable[[Floats], Flags], last: Floats, is_wanted: Flags) -> bool:
    """Whether, close to each threshold, everything up to it is below and everything after it is not."""
    is_inside = np.isfinite(last) & (last < _FAR) & is_wanted
    at = ordinal(np.where(is_inside, last, 1.0))
    for step in range(1, CHECKED_STEPS + 1):
        if not np.all(is_below(number(at - step))[is_inside]) or np.any(is_below(number(at + step))[is_inside]):
            return False
    return True


def _first_returned(see: See, values: Sequence[float], width: int) -> float:
    return next((value for value in values if _predictions(see, value, width)), 0.0)


def _predictions(see: See, value: float, width: int) -> bool:
    try:
        return not np.isnan(see(np.full((1, width), value))).any()
    except ValueError:
        return False
