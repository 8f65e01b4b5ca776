"""value_change(exact, given, spread) -> ValueChange: what a variant does to the values of a regression, in their unit.

A codebook can move nearly every value the same way and stay within a limit on the largest change, so the mean change is
looked at too, and the change beside the value itself: a fare of 3 with the error of one of 300 is a wrong fare.
"""

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.parity import ValueChange


def value_change(
    exact: NDArray[np.float64], given: NDArray[np.float64], spread: NDArray[np.float64]
) -> ValueChange | None:
    """Of values [rows, targets]; of several targets the one with the largest mean change by its spread.

    None where there are no rows on which both are finite.
    """
    rows = np.isfinite(exact).all(axis=1) & np.isfinite(given).all(axis=1)
    if not rows.any():
        return None
    change = given[rows] - exact[rows]
    shift = change.mean(axis=0) / spread
    worst = int(np.abs(shift).argmax())
    return ValueChange(
        mean=float(change[:, worst].mean()),
        mean_by_spread=float(shift[worst]),
        largest=float(np.abs(change[:, worst]).max()),
        relative=_relative(exact[rows], change),
        lower=float((change[:, worst] < 0).mean()),
        higher=float((change[:, worst] > 0).mean()),
    )


def _relative(exact: NDArray[np.float64], change: NDArray[np.float64]) -> float | None:
    """The largest of the targets whose values are all of one sign, None where no target's are."""
    same_sign = (exact > 0).all(axis=0) | (exact < 0).all(axis=0)
    if not same_sign.any():
        return None
    return float(np.abs(change[:, same_sign] / exact[:, same_sign]).max())
