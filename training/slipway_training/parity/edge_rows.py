"""Edge rows: synthetic rows where a graph and a pipeline would part first.

Around every split threshold of a tree: the float64 values on both sides and the float32 values around them, one column
at a time and all columns at once. For every column its extremes and far beyond, missing where allowed, an unseen
category and the empty text where allowed, and the values that a fitted step treats apart: marks of a gap, ends of a
domain, categories. Each row knows which kind it is.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_training.data.schema import DATE
from slipway_training.data.table import with_columns
from slipway_training.parity.known_values import known_categories, known_numbers
from slipway_training.parity.probes import Probes, of_kind, together
from slipway_training.parity.threshold_values import VALUES_PER_THRESHOLD, values_around

UNSEEN_CATEGORY = "\N{SNOWMAN} never seen"
_BASE_ROWS = 4
_MIXED_ROWS = 2000
_WIDE = 1000.0
_MOST_ACCEPTED = 200
_TIMES_ACROSS_MIDNIGHT = ("T23:30:00-05:30", " 00:15:00.5+14")
"""Of dates: another day, and maybe another month, in UTC."""


def edge_rows(pipeline: Any, signature: Signature, base: pd.DataFrame, limit: int, blind_steps: int = 0) -> Probes:
    """At most `limit` rows, the same for the same model; `base` are real rows whose cells are replaced one by one.

    `blind_steps` is how many steps of float64 to each side of a threshold are left out.
    """
    parts = [*column_edges(signature, base), *fitted_edges(pipeline, signature, base)]
    together_rows = min(_MIXED_ROWS, limit // 2)
    room = limit - sum(map(len, parts)) - together_rows
    values = values_around(pipeline, signature, base, max(room, 0) // VALUES_PER_THRESHOLD, blind_steps)
    return together([*parts, *threshold_rows(values, base, together_rows)])


def column_edges(signature: Signature, base: pd.DataFrame) -> Iterator[Probes]:
    """What the signature alone says of difficult rows: nothing is known of thresholds here."""
    rows = base.iloc[:_BASE_ROWS]
    for feature in signature.features:
        for kind, value in _edge_values(feature):
            yield of_kind(kind, with_columns(rows, {feature.name: value}))
    numbers = [f for f in signature.features if f.kind is not Kind.CATEGORY]
    for end in (0, 1):
        yield of_kind("extreme", with_columns(rows, {f.name: span(f)[end] for f in numbers}))
    missing = {f.name: "" if f.kind is Kind.CATEGORY else np.nan for f in signature.features if f.nullable}
    if len(missing) > 1:
        yield of_kind("missing", with_columns(rows, missing))


def fitted_edges(pipeline: Any, signature: Signature, base: pd.DataFrame) -> Iterator[Probes]:
    """What the fitted steps know of difficult values, whether or not a row given has one."""
    rows = base.iloc[:_BASE_ROWS]
    for feature in signature.features:
        if feature.kind is Kind.CATEGORY:
            for category in known_categories(pipeline, feature.categories or ()):
                yield of_kind("fitted_category", with_columns(rows, {feature.name: category}))
        elif feature.kind is not Kind.BOOLEAN:
            for kind, known in known_numbers(pipeline).items():
                for value in known:
                    yield of_kind(kind, with_columns(rows, {feature.name: value}))


def _edge_values(feature: Feature) -> Iterator[tuple[str, Any]]:
    if feature.kind is Kind.CATEGORY:
        for category in feature.categories or ():
            yield "category", category
        is_open = feature.unseen_categories == "allowed"
        if is_open:
            yield "unseen_category", UNSEEN_CATEGORY
            if DATE.fullmatch(str(feature.example)):
                for time in _TIMES_ACROSS_MIDNIGHT:
                    yield "unseen_category", f"{str(feature.example)[:10]}{time}"
        if is_open or feature.nullable:
            yield ("missing" if feature.nullable else "empty_text"), ""
        return
    yield from _edge_numbers(feature)


def _edge_numbers(feature: Feature) -> Iterator[tuple[str, float]]:
    if feature.accepted is not None:
        for value in feature.accepted[:_MOST_ACCEPTED]:
            yield "category", value
        return
    low, high = span(feature)
    beyond = [] if feature.kind is Kind.BOOLEAN else [low - 10 * (high - low), high + 10 * (high - low), 0.0]
    for value in (low, high, *beyond):
        yield "extreme", within(feature, value)
    if feature.nullable:
        yield "missing", np.nan


def within(feature: Feature, value: float) -> float:
    """The number, or the nearest of those that a feature accepts."""
    if feature.accepted is not None:
        return min(feature.accepted, key=lambda one: abs(one - value))
    low = -np.inf if feature.at_least is None else feature.at_least
    high = np.inf if feature.at_most is None else feature.at_most
    return min(max(value, low), high)


def span(feature: Feature) -> tuple[float, float]:
    """From where to where a column of numbers goes; a wide range where no row of it was ever seen."""
    if feature.minimum is None and feature.maximum is None:
        return (0.0, 1.0) if feature.kind is Kind.BOOLEAN else (-_WIDE, _WIDE)
    return float(feature.minimum or 0.0), float(feature.maximum or 0.0)


def threshold_rows(
    values: dict[str, NDArray[np.float64]], base: pd.DataFrame, mixed_rows: int = _MIXED_ROWS
) -> Iterator[Probes]:
    """One column on a threshold at a time, then every column on one: the latter are where trees are of two minds."""
    for name, own in values.items():
        yield of_kind("threshold", with_columns(base.iloc[np.arange(len(own)) % len(base)], {name: own}))
    if values:
        random = np.random.default_rng(0)
        rows = base.iloc[np.arange(mixed_rows) % len(base)]
        mixed = with_columns(rows, {name: random.choice(own, mixed_rows) for name, own in values.items()})
        yield of_kind("thresholds_together", mixed)
