"""Slices: groups of held-out rows, judged one by one, and a search for the ones that are worse than the rest.

A category is a slice, so are the quarters of a number's range of training rows, and the rows where a value is missing.
The search tries every slice and every pair of two columns' slices, as Chung et al. do (Slice Finder, 2019), and reports
the few that stay significant though so many were tried: p-values are multiplied by twice the number of slices tried
at that depth, so that with the wanted confidence not one of those named is there by chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom, t

from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_training.data.table import missing

_MOST_SLICES = 400
_MOST_ROWS = 20_000
_MOST_FOUND = 5
_OVERLAP = 0.5
_QUARTERS = (0.25, 0.5, 0.75)
_DEPTHS = 2

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slice:
    """A group of rows: its name in words and which rows are in it."""

    name: str
    rows: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.rows.sum())


@dataclass(frozen=True, slots=True)
class Found:
    """The slices that are worse than the rest, worst first with their corrected p-values, and how many were tried."""

    slices: tuple[tuple[Slice, float], ...]
    tried: int


def slices_of(feature: Feature, learn: pd.DataFrame, held_out: pd.DataFrame) -> list[Slice]:
    """The slices of one column; quarters are those of the training rows, and equal ones are one."""
    column = held_out[feature.name]
    absent = missing(column)
    found = list(_groups(feature, learn[feature.name], column.to_numpy(), absent))
    if absent.any():
        found.append(Slice(f"{feature.name} is missing", absent))
    return [one for one in found if len(one)]


def find(
    learn: pd.DataFrame,
    held_out: pd.DataFrame,
    signature: Signature,
    loss: Floats,
    fewest: int,
    alpha: float,
) -> Found:
    """Slices of at least `fewest` rows whose mean loss [n] is higher than that of the other rows, beyond chance.

    Where there are very many rows, the first 20,000 are searched.
    """
    held_out, loss = held_out.iloc[:_MOST_ROWS], loss[:_MOST_ROWS]
    named: list[Slice] = []
    owners: list[int] = []
    for number, feature in enumerate(signature.features):
        for one in slices_of(feature, learn, held_out):
            if fewest <= len(one) <= len(loss) - fewest and len(named) < _MOST_SLICES:
                named.append(one)
                owners.append(number)
    if not named or np.ptp(loss) == 0:
        return Found((), len(named))
    members = np.array([one.rows for one in named], dtype=np.float64)
    singles = _p_values(members.sum(axis=1), members @ loss, members @ loss**2, loss)
    first, second = np.triu_indices(len(named), 1)
    apart = np.array(owners)[first] != np.array(owners)[second]
    first, second = first[apart], second[apart]
    sizes, sums, squares = (
        (members * value @ members.T)[first, second] for value in (np.ones(len(loss)), loss, loss**2)
    )
    enough = (sizes >= fewest) & (sizes <= len(loss) - fewest)
    pairs = _p_values(sizes[enough], sums[enough], squares[enough], loss)
    candidates = [(p * _DEPTHS * len(singles), one) for p, one in zip(singles, named, strict=True)]
    for p, i, j in zip(pairs, first[enough], second[enough], strict=True):
        if p * _DEPTHS * len(pairs) <= alpha:
            both = Slice(f"{named[i].name} and {named[j].name}", named[i].rows & named[j].rows)
            candidates.append((p * _DEPTHS * len(pairs), both))
    return Found(_distinct(candidates, alpha), len(singles) + len(pairs))


def _groups(
    feature: Feature,
    learned: "pd.Series[Any]",
    values: NDArray[Any],
    absent: NDArray[np.bool_],
) -> Iterator[Slice]:
    name = feature.name
    if feature.kind is Kind.CATEGORY:
        for category in feature.categories or ():
            yield Slice(f"{name} = {category}", np.asarray(values == category))
        return
    numbers = np.asarray(values, dtype=np.float64)
    known = np.asarray(learned, dtype=np.float64)
    distinct = np.unique(known[~np.isnan(known)])
    if feature.kind is Kind.BOOLEAN:
        for value, word in ((0.0, "false"), (1.0, "true")):
            yield Slice(f"{name} = {word}", numbers == value)
    elif len(distinct) <= len(_QUARTERS) + 1:
        for value in distinct:
            yield Slice(f"{name} = {value:g}", numbers == value)
    else:
        edges = np.unique(np.quantile(known[~np.isnan(known)], _QUARTERS))
        for low, high in zip((-np.inf, *edges), (*edges, np.inf), strict=True):
            yield Slice(_between(name, low, high), ~absent & (numbers > low) & (numbers <= high))


def _between(name: str, low: float, high: float) -> str:
    if np.isinf(low):
        return f"{name} up to {high:.4g}"
    return f"{name} over {low:.4g}" if np.isinf(high) else f"{name} over {low:.4g} up to {high:.4g}"


def _p_values(sizes: Floats, sums: Floats, squares: Floats, loss: Floats) -> Floats:
    """How often chance alone makes the loss of a slice as high: exact for mistakes, Welch's test for distances."""
    count = len(loss)
    if np.isin(loss, (0.0, 1.0)).all():
        tails: Floats = hypergeom.sf(np.round(sums) - 1, count, round(loss.sum()), sizes)
        return tails
    rest, rest_sums, rest_squares = count - sizes, loss.sum() - sums, (loss**2).sum() - squares
    mean, rest_mean = sums / sizes, rest_sums / rest
    noise = np.maximum(squares / sizes - mean**2, 0) / (sizes - 1)
    rest_noise = np.maximum(rest_squares / rest - rest_mean**2, 0) / (rest - 1)
    both = np.maximum(noise + rest_noise, np.finfo(np.float64).tiny)
    freedom = both**2 / np.maximum(noise**2 / (sizes - 1) + rest_noise**2 / (rest - 1), np.finfo(np.float64).tiny)
    welch: Floats = t.sf((mean - rest_mean) / np.sqrt(both), freedom)
    return welch


def _distinct(candidates: Sequence[tuple[float, Slice]], alpha: float) -> tuple[tuple[Slice, float], ...]:
    """The most certain ones that do not say the same of the same rows."""
    chosen: list[tuple[Slice, float]] = []
    for p, one in sorted(candidates, key=lambda candidate: (candidate[0], candidate[1].name)):
        if p > alpha or len(chosen) == _MOST_FOUND:
            break
        if all((one.rows & other.rows).sum() <= _OVERLAP * min(len(one), len(other)) for other, _ in chosen):
            chosen.append((one, float(p)))
    return tuple(chosen)
