"""Rows of a file as an existing model takes them: its columns, in its kinds, with true targets it can know."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Kind, Signature
from slipway_training.data.given import read, read_target
from slipway_training.data.table import missing
from slipway_training.errors import DataCheckFailed


def conform(table: pd.DataFrame, kinds: Mapping[str, Kind], remedy: str) -> pd.DataFrame:
    """The columns in the conventions of Table and in the order of `kinds`; raises DataCheckFailed.

    `remedy` ends the sentence about a column that is not there.
    """
    names = tuple(kinds)
    absent = [name for name in names if name not in map(str, table.columns)]
    if absent:
        raise DataCheckFailed(f"the rows have no column {absent[0]!r}, which the model takes; {remedy}")
    given = read(table, names)
    for name, kind in kinds.items():
        if (kind is Kind.CATEGORY) != (given.kinds[name] is Kind.CATEGORY):
            what = "text" if kind is Kind.CATEGORY else "numbers"
            raise DataCheckFailed(f"column {name!r} does not hold {what}, which is what the graph takes there")
    return given.frame


def check_cells(frame: pd.DataFrame, signature: Signature) -> None:
    """Raises DataCheckFailed for a cell that a server of the model would refuse."""
    for feature in signature.features:
        column = frame[feature.name]
        absent = missing(column)
        if absent.any() and not feature.nullable:
            raise DataCheckFailed(f"column {feature.name!r} lacks values, which the model does not take; fill them in")
        low = -np.inf if feature.at_least is None else feature.at_least
        high = np.inf if feature.at_most is None else feature.at_most
        is_within = column[~absent].between(low, high) if feature.limits else column[~absent].notna()
        if feature.accepted is not None:
            is_within = column[~absent].isin(feature.accepted)
        if not is_within.all():
            raise DataCheckFailed(
                f"column {feature.name!r} holds numbers that the model refuses; leave out rows that are not "
                f"{feature.limits}"
            )
        is_closed = feature.unseen_categories == "refused" and feature.categories is not None
        if is_closed and not set(column[~absent]) <= set(feature.categories or ()):
            raise DataCheckFailed(
                f"column {feature.name!r} holds categories that the model refuses; leave these rows out"
            )


def true_targets(column: "pd.Series | pd.DataFrame", signature: Signature, rows: int) -> NDArray[Any]:
    """The values of a target as the model would return them; raises DataCheckFailed."""
    target = read_target(column, rows)
    if signature.labels is None:
        if target.dtype.kind not in "iuf":
            raise DataCheckFailed("the target holds no numbers, and the model is a regression")
        return target
    values = np.array(target.tolist(), dtype=object)
    if not set(values.tolist()) <= set(signature.labels):
        raise DataCheckFailed("the target has labels that the model does not know; check --labels and --target")
    return target
