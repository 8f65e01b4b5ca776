"""Edge rows: made-up rows where a graph and a pipeline would part first.

Around every split threshold of a tree: the float64 values on both sides and the float32 values around them, one column
at a time and all columns at once. For every column its extremes and far beyond, missing where allowed, an unseen
category and the empty text where allowed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.contract.signature import Feature, Kind, Signature
from training.export.thresholds import VALUES_PER_THRESHOLD, values_around

UNSEEN_CATEGORY = "\N{SNOWMAN} never seen"
_BASE_ROWS = 4
_MIXED_ROWS = 2000


def edge_rows(
    pipeline: Any, signature: Signature, base: pd.DataFrame, limit: int, blind_steps: int = 0
) -> pd.DataFrame:
    """At most `limit` rows, the same for the same model; `base` are real rows whose cells are replaced one by one.

    `blind_steps` is how many steps of float64 to each side of a threshold are left out.
    """
    parts = list(_column_edges(signature, base))
    room = limit - sum(map(len, parts)) - _MIXED_ROWS
    values = values_around(pipeline, signature, base, max(room, 0) // VALUES_PER_THRESHOLD, blind_steps)
    return pd.concat([*parts, *_threshold_rows(values, base)], ignore_index=True)


def _column_edges(signature: Signature, base: pd.DataFrame) -> Iterator[pd.DataFrame]:
    rows = base.iloc[:_BASE_ROWS]
    for feature in signature.features:
        for value in _edge_values(feature):
            yield rows.assign(**{feature.name: value})
    numbers = [f for f in signature.features if f.kind is not Kind.CATEGORY]
    for bound in ("minimum", "maximum"):
        yield rows.assign(**{f.name: getattr(f, bound) for f in numbers})


def _edge_values(feature: Feature) -> list[Any]:
    if feature.kind is Kind.CATEGORY:
        is_open = feature.unseen_categories == "allowed"
        unusual = [UNSEEN_CATEGORY] * is_open + [""] * (is_open or feature.nullable)
        return [*(feature.categories or ()), *unusual]
    low, high = float(feature.minimum or 0.0), float(feature.maximum or 0.0)
    beyond = [] if feature.kind is Kind.BOOLEAN else [low - 10 * (high - low), high + 10 * (high - low), 0.0]
    return [low, high, *beyond, *([np.nan] if feature.nullable else [])]


def _threshold_rows(values: dict[str, NDArray[np.float64]], base: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """One column on a threshold at a time, then every column on one: the latter are where trees are of two minds."""
    for name, own in values.items():
        yield base.iloc[np.arange(len(own)) % len(base)].assign(**{name: own})
    if values:
        random = np.random.default_rng(0)
        rows = base.iloc[np.arange(_MIXED_ROWS) % len(base)]
        yield rows.assign(**{name: random.choice(own, _MIXED_ROWS) for name, own in values.items()})
