"""Trees in their place: which wire they compare, and their thresholds for the numbers on it.

The steps before an estimator are folded into the thresholds where each of them grows with its column; the rows then
reach the trees as they came, and what the steps made of a missing number decides which way a missing number goes.
"""

from dataclasses import replace

import numpy as np

from slipway_training.export.blocks import Block, See
from slipway_training.export.trees.ensemble import Ensemble, Flags, Floats
from slipway_training.export.trees.thresholds import fold, last_at_or_below, without_warnings

_ANY_NUMBER = 1.0
_REFUSALS = (ValueError, TypeError)


def place(ensemble: Ensemble, block: Block, *, is_single: bool) -> tuple[str, Ensemble]:
    """The wire and the trees for it; `is_single` where the estimator casts to float32 before it compares."""
    splits = ensemble.splits
    if block.origin is not None:
        see = block.origin.see
        features, thresholds = ensemble.feature[splits], ensemble.threshold[splits]
        folded = fold(see, block.width, features, thresholds, is_single=is_single)
        if folded is not None:
            missing = _missing_left(see, block.width, ensemble, is_single=is_single)
            return block.origin.block.wire, _with(ensemble, folded, missing)
    own = ensemble.threshold[splits]
    return block.wire, _with(ensemble, last_at_or_below(own) if is_single else own, ensemble.missing_left)


def _with(ensemble: Ensemble, thresholds: Floats, missing_left: Flags) -> Ensemble:
    moved = ensemble.threshold.copy()
    moved[ensemble.splits] = thresholds
    return replace(ensemble, threshold=moved, missing_left=missing_left)


def _missing_left(see: See, width: int, ensemble: Ensemble, *, is_single: bool) -> Flags:
    """Which splits a missing number passes on the left, after what the steps make of it."""
    see = without_warnings(see)
    found = ensemble.missing_left.copy()
    splits = ensemble.splits
    for column in np.unique(ensemble.feature[splits]):
        row = np.full((1, width), _ANY_NUMBER)
        row[0, column] = np.nan
        try:
            seen = see(row)[0, column]
        except _REFUSALS:
            continue  # a missing number is refused on the way, so no row has one
        if not np.isnan(seen):
            own = splits[ensemble.feature[splits] == column]
            found[own] = (np.float32(seen) if is_single else seen) <= ensemble.threshold[own]
    return found
