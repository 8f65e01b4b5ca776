"""The split thresholds of trees and the edges of bins, and the raw values on both sides of each.

A tree compares what the transformers made of a column. Which raw float64 is the last that it sees at or below a
threshold is found by bisection with the fitted transformers as oracle, for all columns at the same time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_training.data.table import with_columns
from slipway_training.export.bisection import last_that_holds, number, ordinal
from slipway_training.parity.comparisons import Site, sites

VALUES_PER_THRESHOLD = 5


@dataclass(frozen=True, slots=True)
class _Search:
    """Thresholds of one column of a site, which grows with one raw column alone."""

    feature: Feature
    column: int
    wanted: NDArray[np.float64]


def values_around(
    pipeline: Any, signature: Signature, base: pd.DataFrame, most: int, blind_steps: int = 0
) -> dict[str, NDArray[np.float64]]:
    """For each raw column the values around its thresholds; `most` bounds how many thresholds are looked at.

    `blind_steps` is how many steps of float64 to each side of a threshold are left out.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    places = list(sites(pipeline))
    for site in places:
        share = most // len(places)
        pairs = site.pairs
        if len(pairs) > share:
            pairs = pairs[np.linspace(0, len(pairs) - 1, share).astype(int)]
        try:
            for searches in _rounds(site, signature, base, pairs):
                for search, raw in zip(searches, _last_at_or_below(site, base, searches), strict=True):
                    found.setdefault(search.feature.name, []).append(_neighbours(raw, search.feature, blind_steps))
        except (ValueError, IndexError, KeyError, TypeError):
            continue  # the pipeline refuses values between those it knows, so no request lies near a threshold
    return {name: np.unique(np.concatenate(values)) for name, values in found.items()}


def _rounds(site: Site, signature: Signature, base: pd.DataFrame, pairs: NDArray[np.float64]) -> list[list[_Search]]:
    """Searches that may go on together: no two of a round change the same raw column."""
    rounds: list[list[_Search]] = []
    for column, feature in _origins(site, signature, base).items() if len(pairs) else ():
        wanted = pairs[pairs[:, 0] == column, 1]
        if len(wanted):
            free = [searches for searches in rounds if all(s.feature is not feature for s in searches)]
            if not free:
                free = [[]]
                rounds.append(free[0])
            free[0].append(_Search(feature, column, wanted))
    return rounds


def _origins(site: Site, signature: Signature, base: pd.DataFrame) -> dict[int, Feature]:
    """Which single number or integer column each column of the site depends on, found by asking."""
    found: dict[int, list[Feature]] = {}
    for feature in signature.features:
        ends = (feature.categories or ())[:2] if feature.kind is Kind.CATEGORY else (feature.minimum, feature.maximum)
        if not ends:
            continue
        probes = pd.concat([with_columns(base.iloc[:1], {feature.name: end}) for end in ends], ignore_index=True)
        values = site.ask(probes)
        for column in np.flatnonzero(values[0] != values[-1]):
            found.setdefault(int(column), []).append(feature)
    numeric = {Kind.NUMBER, Kind.INTEGER}
    return {column: by[0] for column, by in found.items() if len(by) == 1 and by[0].kind in numeric}


def _last_at_or_below(site: Site, base: pd.DataFrame, searches: Sequence[_Search]) -> list[NDArray[np.float64]]:
    """For each threshold the largest raw float64 that the estimator still sees at or below it."""
    count = max(len(search.wanted) for search in searches)
    columns = [search.column for search in searches]
    wanted = np.column_stack([np.resize(search.wanted, count) for search in searches])
    low = np.tile(ordinal([search.feature.minimum or 0.0 for search in searches]), (count, 1))
    high = np.tile(ordinal([search.feature.maximum or 0.0 for search in searches]), (count, 1))
    rows = base.iloc[np.zeros(count, dtype=int)].reset_index(drop=True)

    def is_below(values: NDArray[np.float64]) -> NDArray[np.bool_]:
        raw = {search.feature.name: values[:, i] for i, search in enumerate(searches)}
        seen = site.ask(with_columns(rows, raw))[:, columns]
        return np.asarray((seen.astype(np.float32) if site.is_single else seen) <= wanted)

    last = number(last_that_holds(low, high, is_below))
    return [last[: len(search.wanted), i] for i, search in enumerate(searches)]


def _neighbours(raw: NDArray[np.float64], feature: Feature, blind_steps: int) -> NDArray[np.float64]:
    if feature.kind is Kind.INTEGER:
        return np.concatenate([np.floor(raw), np.floor(raw) + 1])
    single = raw.astype(np.float32)
    around = [np.nextafter(single, np.float32(side)) for side in (-np.inf, np.inf)]
    close = [number(ordinal(raw) - blind_steps), number(ordinal(raw) + 1 + blind_steps)]
    own = [] if blind_steps else [single]  # the nearest float32 may be the very threshold
    return np.concatenate([*close, *own, *around]).astype(np.float64)
