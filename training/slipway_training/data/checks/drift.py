"""Columns that look different in the held-out rows: what was learned is then evaluated on something else.

A finding needs both: a difference that chance does not explain (two-sample Kolmogorov-Smirnov test for numbers,
chi-squared for categories, Bonferroni-corrected over the columns) and one that matters (population stability index
over 0.1, the usual "moderate shift"). Either alone cries wolf: the first on many rows, the second on few.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp

from slipway_ml.contract.signature import Kind
from slipway_training.data.findings import Finding, warning
from slipway_training.data.table import Table, missing

MODERATE_SHIFT = 0.1
_CHANCE = 0.001
_BINS = 10
_MOST_CATEGORIES = 50
_LEAST_SHARE = 1e-4
_LEAST_EXPECTED = 5
"""Rows that a category must be expected to have in the smaller sample for a bin of its own, as the test asks for."""


def check_drift(train: Table, held_out: Table) -> Iterator[Finding]:
    """Compare each column's distribution, missing cells being one more value."""
    for name, kind in train.kinds.items():
        before, after = train.frame[name], held_out.frame[name]
        seen, asked = _counts(before, after, is_text=kind is Kind.CATEGORY)
        shift = stability_index(seen, asked)
        if shift > MODERATE_SHIFT and _chance(before, after, seen, asked) * len(train.kinds) < _CHANCE:
            message = f"column {name!r} is distributed differently in the held-out rows (PSI {shift:.2f})"
            remedy = "find out what changed between them, or drop the column"
            yield warning("drift", message, remedy, name, len(after), len(before) + len(after))


def shift_of(before: "pd.Series[float]", after: "pd.Series[float]", kind: Kind) -> float:
    """Population stability index between two samples of one column."""
    return stability_index(*_counts(before, after, is_text=kind is Kind.CATEGORY))


def stability_index(seen: NDArray[np.int64], asked: NDArray[np.int64]) -> float:
    """Population stability index of two histograms over the same bins: sum of (p - q) log(p / q)."""
    before = np.maximum(seen / seen.sum(), _LEAST_SHARE)
    after = np.maximum(asked / asked.sum(), _LEAST_SHARE)
    return float(((after - before) * np.log(after / before)).sum())


def _counts(
    before: "pd.Series[float]", after: "pd.Series[float]", *, is_text: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if is_text:
        # Picked from both samples: picked from one, its luck would look like a change in the other.
        counts = pd.concat([before, after]).value_counts()
        least = _LEAST_EXPECTED * (1 + max(len(before), len(after)) / max(1, min(len(before), len(after))))
        frequent = counts.index[counts >= least][:_MOST_CATEGORIES]
        codes = [pd.Index(frequent).get_indexer(pd.Index(column)) for column in (before, after)]
        size = len(frequent) + 1
    else:
        present = before[~missing(before)].to_numpy()
        edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(present) else np.empty(0)
        values = [column.to_numpy() for column in (before, after)]
        codes = [np.where(np.isnan(cells), -1, np.searchsorted(edges, cells, side="left")) for cells in values]
        size = len(edges) + 2
    first, second = (np.bincount(code + 1, minlength=size).astype(np.int64) for code in codes)
    return first, second


def _chance(
    before: "pd.Series[float]", after: "pd.Series[float]", seen: NDArray[np.int64], asked: NDArray[np.int64]
) -> float:
    """How likely chance alone makes such a difference."""
    is_used = (seen + asked) > 0
    counted = float(chi2_contingency(np.stack([seen[is_used], asked[is_used]])).pvalue) if is_used.sum() > 1 else 1.0
    if before.dtype == object:
        return counted
    left, right = (column[~missing(column)].to_numpy() for column in (before, after))
    ranked = float(ks_2samp(left, right).pvalue) if len(left) and len(right) else 1.0
    return min(counted, ranked)
