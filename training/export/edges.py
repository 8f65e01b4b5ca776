"""Edge rows: made-up rows where a graph and a pipeline would part first.

Around every split threshold of a tree, mapped back through the transformers to the raw column by bisection with the
fitted pipeline as oracle: the float64 values on both sides and the float32 values around them, one column at a time
and all columns at once. For every column its extremes and far beyond, missing where allowed, an unseen category and the
empty text where allowed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from app.contract.signature import Feature, Kind, Signature

UNSEEN_CATEGORY = "\N{SNOWMAN} never seen"
_BASE_ROWS = 4
_VALUES_PER_THRESHOLD = 5
_MIXED_ROWS = 2000


def edge_rows(pipeline: Pipeline, signature: Signature, base: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most `limit` rows, the same for the same model; `base` are real rows whose cells are replaced one by one."""
    parts = list(_column_edges(signature, base))
    room = limit - sum(map(len, parts)) - _MIXED_ROWS
    values = _threshold_values(pipeline, signature, base, room)
    return pd.concat([*parts, *_threshold_rows(values, base)], ignore_index=True)


def thresholds(estimator: Any) -> NDArray[np.float64]:
    """Every distinct (feature, threshold) of a tree or of an ensemble of trees; no rows for anything else."""
    trees = [estimator] if hasattr(estimator, "tree_") else np.ravel(getattr(estimator, "estimators_", []))
    pairs = [
        np.column_stack([tree.tree_.feature, tree.tree_.threshold])[tree.tree_.feature >= 0]
        for tree in trees
        if hasattr(tree, "tree_")
    ]
    return np.unique(np.concatenate(pairs), axis=0) if pairs else np.empty((0, 2))


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
        values: list[Any] = list(feature.categories or ())
        values += [UNSEEN_CATEGORY] if feature.unseen_categories == "allowed" else []
        return values + ([""] if feature.nullable or feature.unseen_categories == "allowed" else [])
    low, high = float(feature.minimum or 0.0), float(feature.maximum or 0.0)
    beyond = [] if feature.kind is Kind.BOOLEAN else [low - 10 * (high - low), high + 10 * (high - low), 0.0]
    return [low, high, *beyond, *([np.nan] if feature.nullable else [])]


def _threshold_values(
    pipeline: Pipeline, signature: Signature, base: pd.DataFrame, room: int
) -> dict[str, NDArray[np.float64]]:
    """For each raw column the values around the thresholds that depend on it alone."""
    pairs = thresholds(pipeline[-1])
    most = max(room, 0) // _VALUES_PER_THRESHOLD
    if len(pairs) > most:
        pairs = pairs[np.linspace(0, len(pairs) - 1, most).astype(int)]
    found: dict[str, list[NDArray[np.float64]]] = {}
    for column, feature in _origins(pipeline, signature, base).items() if len(pairs) else ():
        wanted = pairs[pairs[:, 0] == column, 1]
        if len(wanted):
            raw = _last_at_or_below(pipeline, feature, base, column, wanted)
            found.setdefault(feature.name, []).append(_neighbours(raw, feature))
    return {name: np.unique(np.concatenate(values)) for name, values in found.items()}


def _threshold_rows(values: dict[str, NDArray[np.float64]], base: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """One column on a threshold at a time, then every column on one: the latter are where trees are of two minds."""
    for name, own in values.items():
        yield base.iloc[np.arange(len(own)) % len(base)].assign(**{name: own})
    if values:
        random = np.random.default_rng(0)
        rows = base.iloc[np.arange(_MIXED_ROWS) % len(base)]
        yield rows.assign(**{name: random.choice(own, _MIXED_ROWS) for name, own in values.items()})


def _origins(pipeline: Pipeline, signature: Signature, base: pd.DataFrame) -> dict[int, Feature]:
    """Which single number or integer column each column of the estimator grows with, found by asking."""
    numeric = [f for f in signature.features if f.kind in {Kind.NUMBER, Kind.INTEGER}]
    found: dict[int, list[Feature]] = {}
    for feature in signature.features:
        ends = _edge_values(feature)[:2]
        probes = pd.concat([base.iloc[:1].assign(**{feature.name: end}) for end in ends], ignore_index=True)
        values = _transform(pipeline, probes)
        for column in np.flatnonzero(values[0] != values[-1]):
            found.setdefault(int(column), []).append(feature)
    return {c: fs[0] for c, fs in found.items() if len(fs) == 1 and fs[0] in numeric}


def _last_at_or_below(
    pipeline: Pipeline, feature: Feature, base: pd.DataFrame, column: int, wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """For each threshold the largest raw float64 that the estimator still sees at or below it."""
    low = np.full(len(wanted), _ordinal(np.float64(feature.minimum or 0.0)))
    high = np.full(len(wanted), _ordinal(np.float64(feature.maximum or 0.0)))
    rows = base.iloc[np.zeros(len(wanted), dtype=int)].reset_index(drop=True)
    while np.any(high - low > 1):
        middle = low + (high - low) // 2
        values = _transform(pipeline, rows.assign(**{feature.name: _number(middle)}))[:, column]
        below = values.astype(np.float32) <= wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return _number(low)


def _neighbours(raw: NDArray[np.float64], feature: Feature) -> NDArray[np.float64]:
    if feature.kind is Kind.INTEGER:
        return np.concatenate([np.floor(raw), np.floor(raw) + 1])
    single = raw.astype(np.float32)
    around = [np.nextafter(single, np.float32(side)) for side in (-np.inf, np.inf)]
    return np.concatenate([raw, np.nextafter(raw, np.inf), single, *around]).astype(np.float64)


def _transform(pipeline: Pipeline, frame: pd.DataFrame) -> NDArray[np.float64]:
    steps = pipeline[:-1]
    return np.asarray(steps.transform(frame) if len(steps) else frame.to_numpy(), dtype=np.float64)


def _ordinal(values: Any) -> Any:
    """float64 as int64 of the same order, so that halving the distance visits representable numbers only."""
    bits = np.asarray(values, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def _number(ordinals: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(ordinals < 0, np.int64(-(2**63)) - ordinals, ordinals).view(np.float64)
