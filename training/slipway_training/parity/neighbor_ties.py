"""Nearest neighbours that are equally far: where scikit-learn's choice among them is one that a graph cannot repeat.

scikit-learn takes whichever its heap holds, a graph the one that was learned first. That matters only where the two
choices have other targets, which is known from the fitted estimator alone, before anything is exported or compared.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline

from slipway_training.errors import ParityError
from slipway_training.export.sub_estimators import flat

_FURTHER = 64
"""So many neighbours beyond the last one that counts are looked at; a tie of more is left to the parity check."""
_REFUSALS = (ValueError, TypeError, IndexError, KeyError, AttributeError)
"""What a pipeline raises at rows that it cannot predict, which is said elsewhere."""


def refuse_neighbor_ties(pipeline: Any, rows: pd.DataFrame) -> None:
    """Raises ParityError where the choice among equally far neighbours would decide the prediction for a row."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            count = int(decided(pipeline, rows).sum())
    except _REFUSALS:
        return
    if count:
        name = type(flat(pipeline)[-1][1]).__name__
        raise ParityError(
            f"step parity: {count} of {len(rows)} rows get their prediction from {name}'s choice among training rows "
            "that are equally far and have other targets, which depends on the order of its search and which no graph "
            "can repeat; scale the columns, so that distances differ, or choose another estimator; nothing was "
            "published"
        )


def decided(pipeline: Any, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows for which scikit-learn's choice and the one that was learned first have other targets."""
    found = _neighbours(pipeline, rows, _FURTHER)
    if found is None:
        return np.zeros(len(rows), dtype=bool)
    distances, numbers, seen = found
    last = flat(pipeline)[-1][1]
    count = last.n_neighbors
    own = last.kneighbors(seen, return_distance=False)
    order = np.lexsort((numbers, distances), axis=1)
    first = np.take_along_axis(numbers, order, axis=1)[:, :count]
    is_tied = distances[:, count - 1] == distances[:, count]
    if last.weights == "distance":  # a row that was learned counts alone
        is_tied &= (distances[:, 0] > 0) | (distances[:, count] == 0)
    targets = np.asarray(last._y).reshape(last.n_samples_fit_, -1)  # noqa: SLF001  # as its predictions are made of
    if isinstance(last, KNeighborsRegressor):
        return np.asarray(is_tied & ~np.isclose(targets[own].sum(axis=1), targets[first].sum(axis=1)).all(axis=1))
    return np.asarray(is_tied & (np.sort(targets[own], axis=1) != np.sort(targets[first], axis=1)).any(axis=(1, 2)))


def tied(pipeline: Any, rows: pd.DataFrame) -> int:
    """How many rows have several neighbours at the distance up to which an estimator of nearest neighbours counts."""
    found = _neighbours(pipeline, rows, 1)
    return 0 if found is None else int((found[0][:, -1] == found[0][:, -2]).sum())


def _neighbours(pipeline: Any, rows: pd.DataFrame, further: int) -> tuple[Any, Any, Any] | None:
    """Distances and numbers of those that count and some further ones, and the rows as the estimator sees them."""
    *before, (_, last) = flat(pipeline)
    if not isinstance(last, KNeighborsClassifier | KNeighborsRegressor) or last.n_neighbors >= last.n_samples_fit_:
        return None
    seen = Pipeline([*before, ("end", "passthrough")]).transform(rows)
    return *last.kneighbors(seen, n_neighbors=min(last.n_neighbors + further, last.n_samples_fit_)), seen
