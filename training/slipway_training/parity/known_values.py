"""The values that fitted steps treat apart, whether or not the rows given hold them.

The number that marks a gap, where the domain of a function ends, the categories of an encoder.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from slipway_training.export.estimators.xgboost_trees import gap_mark
from slipway_training.export.sub_estimators import members

_MOST_CATEGORIES = 200
_TINY = float(np.finfo(np.float64).tiny)
_ENDS: dict[Any, tuple[float, ...]] = {
    np.log: (_TINY, 0.0, -1.0),
    np.log10: (_TINY, 0.0, -1.0),
    np.log2: (_TINY, 0.0, -1.0),
    np.log1p: (float(np.nextafter(-1.0, 0.0)), -1.0, -2.0),
    np.reciprocal: (_TINY, 0.0, -_TINY),
    np.sqrt: (0.0, -_TINY, -1.0),
}


def known_numbers(pipeline: Any) -> dict[str, tuple[float, ...]]:
    """Numbers by the kind of row that they make, each once."""
    found: dict[str, dict[float, None]] = {}
    for step in steps(pipeline):
        for kind, value in _of_step(step):
            found.setdefault(kind, {})[value] = None
    return {kind: tuple(values) for kind, values in found.items()}


def known_categories(pipeline: Any, seen: tuple[str, ...]) -> tuple[str, ...]:
    """The texts, sorted, that an encoder knows of a column beside those `seen` in it; at most as many as are asked."""
    found: set[str] = set()
    for step in steps(pipeline):
        for own in getattr(step, "categories_", ()):
            texts = {one for one in np.asarray(own).tolist() if isinstance(one, str) and one}
            found |= texts if texts & set(seen) else set()
    return tuple(sorted(found - set(seen))[:_MOST_CATEGORIES])


def closed_numbers(pipeline: Any) -> list[frozenset[float]]:
    """The numbers that an encoder knows in each column, where it knows no others."""
    return [
        frozenset(float(one) for one in numbers if np.isfinite(one))
        for step in steps(pipeline)
        if getattr(step, "handle_unknown", "") == "error"
        for own in getattr(step, "categories_", ())
        if (numbers := [one for one in np.asarray(own).tolist() if isinstance(one, int | float)])
    ]


def steps(fitted: Any) -> Iterator[Any]:
    """Every fitted step and estimator, wherever it is nested, from the outside in."""
    match fitted:
        case None | str():
            return
        case Pipeline():
            inner = [step for _, step in fitted.steps]
        case ColumnTransformer():
            inner = [part for _, part, _ in fitted.transformers_]
        case FeatureUnion():
            inner = [part for _, part in fitted.transformer_list]
        case _:
            yield fitted
            inner = list(members(fitted))
            last = getattr(fitted, "final_estimator_", None)
            inner += [last] if last is not None else []
    for part in inner:
        yield from steps(part)


def _of_step(step: Any) -> Iterator[tuple[str, float]]:
    if isinstance(step, FunctionTransformer):
        yield from (("domain_end", end) for end in _ENDS.get(step.func, ()))
    if hasattr(step, "get_booster") and (mark := gap_mark(step)) is not None:
        yield "gap_mark", mark
        for side in (-np.inf, np.inf):
            yield "gap_mark", float(np.nextafter(np.float32(mark), np.float32(side)))
