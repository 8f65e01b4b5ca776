"""Intervals by the bootstrap: the rows are drawn again with replacement, and the middle of what comes out is reported.

Efron's percentile interval (Bootstrap methods: another look at the jackknife, 1979). An accuracy has Wilson's interval
instead (Probable inference, the law of succession, and statistical inference, 1927), which has a width also where no
row is wrong. Equal seeds draw equal rows, so the draws of two models on the same rows are pairs.

Where rows belong together, as the orders of one customer do, whole groups are drawn instead: the cluster bootstrap of
Davison and Hinkley (Bootstrap methods and their application, 1997, section 3.8). Wilson's interval is then that of as
many independent rows as would swing as much, after Korn and Graubard (Confidence intervals for proportions with small
expected number of positive counts estimated from survey data, 1998).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from slipway_training.config.evaluation import EvaluationConfig

Floats = NDArray[np.float64]
Groups = NDArray[Any]
"""What says of each row [n] to whom it belongs; any values."""

Interval = tuple[float, float]

_MOST_WEIGHTS = 20_000_000
_CHUNK = 2_000_000
_FEWEST_DRAWS = 200
_USABLE = 0.9
"""Draws without a class have no AUC; with more of them than this leaves, there is no interval."""


class Measurable(Protocol):
    """Rows with metrics for any weights; `classes` is 1 for values."""

    @property
    def classes(self) -> int: ...

    def measure(self, weights: Floats, only: str | None = None) -> dict[str, Floats]:
        """Every metric [draws] for weights [draws, n], or at least the one that is wanted only."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Every metric of every resample."""

    metrics: Mapping[str, Floats]
    confidence: float

    def interval(self, name: str) -> Interval | None:
        """Where the metric lies with the wanted confidence; None where the draws cannot say."""
        return middle(self.metrics[name], self.confidence)


def draw(
    rows: Measurable, count: int, config: EvaluationConfig, only: str | None = None, groups: Groups | None = None
) -> Draws:
    """Resample `count` rows, or their groups, as often as the config says, less often where there are very many."""
    draws = draws_for(count, rows.classes, config)
    parts = [rows.measure(weights, only) for weights in _weights(count, draws, config.random_state, groups)]
    return Draws({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, config.confidence)


def draws_for(count: int, classes: int, config: EvaluationConfig) -> int:
    """How many resamples so many rows get."""
    return min(config.resamples, max(_FEWEST_DRAWS, _MOST_WEIGHTS // (count * classes)))


def middle(drawn: Floats, confidence: float) -> Interval | None:
    """The interval that leaves equal tails; None where draws are all alike or too few are numbers."""
    usable = drawn[np.isfinite(drawn)]
    if len(usable) < _USABLE * len(drawn):
        return None
    low, high = np.quantile(usable, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (float(low), float(high)) if high > low else None


def effective_rows(share: float, rows: int, drawn: Floats, groups: Groups) -> float:
    """How many independent rows would make a share swing as it does where groups are drawn; at most all rows.

    Where no row, or every row, is right, nothing swings: a group is then taken for one row.
    """
    swing = float(np.nanvar(drawn))
    return min(rows, share * (1 - share) / swing) if swing > 0 else len(np.unique(groups))


def wilson(share: float, rows: float, confidence: float) -> Interval:
    """The interval of a share of so many rows."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = share + z * z / (2 * rows)
    reach = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    scale = 1 + z * z / rows
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def _weights(count: int, draws: int, seed: int, groups: Groups | None) -> Iterator[Floats]:
    """How often each row was drawn [draws, count], in parts that fit into memory; rows of a group as often as it."""
    random = np.random.default_rng(seed)
    most = max(1, _CHUNK // count)
    owners = None if groups is None else np.unique(groups, return_inverse=True)[1]
    size = count if owners is None else int(owners.max()) + 1
    for start in range(0, draws, most):
        part = min(most, draws - start)
        drawn = random.integers(size, size=(part, size)) + np.arange(part)[:, None] * size
        often = np.bincount(drawn.ravel(), minlength=part * size).reshape(part, size).astype(np.float64)
        yield often if owners is None else often[:, owners]
