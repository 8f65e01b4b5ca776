"""Metrics of values for many weightings of the same rows at once; definitions are scikit-learn's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NEAR_ZERO = 0.01
"""Percentages of almost nothing are huge: left out where a target is smaller than this part of the usual one."""


@dataclass(frozen=True, slots=True)
class Valued:
    """Targets and predictions [n]."""

    truth: Floats
    given: Floats

    @property
    def classes(self) -> int:
        """Values have none."""
        return 1

    def measure(self, weights: Floats, _only: str | None = None) -> dict[str, Floats]:
        """Every metric [draws] for weights [draws, n]; NaN where all targets of a draw are the same."""
        total = weights.sum(axis=1)
        errors = self.given - self.truth
        # Around the mean of all rows, so that large offsets do not eat the digits of the difference.
        centred = self.truth - self.truth.mean()
        mean = weights @ centred / total
        spread = weights @ centred**2 - total * mean**2
        squares = weights @ errors**2
        with np.errstate(divide="ignore", invalid="ignore"):
            found = {
                "r2": np.where(spread > 0, 1 - squares / spread, np.nan),
                "mean_absolute_error": weights @ np.abs(errors) / total,
                "root_mean_squared_error": np.sqrt(squares / total),
            }
        sizes = np.abs(self.truth)
        if sizes.min() > _NEAR_ZERO * np.median(sizes):
            found["mean_absolute_percentage_error"] = weights @ (np.abs(errors) / sizes) / total
        return found


@dataclass(frozen=True, slots=True)
class SeveralValued:
    """Several targets of the same rows: each metric is the plain mean over the targets, as scikit-learn averages."""

    parts: Sequence[Valued]

    @property
    def classes(self) -> int:
        """Values have none."""
        return 1

    def measure(self, weights: Floats, _only: str | None = None) -> dict[str, Floats]:
        """The metrics that every target has."""
        found = [part.measure(weights) for part in self.parts]
        return {
            name: np.mean([one[name] for one in found], axis=0) for name in found[0] if all(name in o for o in found)
        }
