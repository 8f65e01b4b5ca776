"""describe(...) -> Signature: what the training rows say about each column."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.contract.signature import Feature, Kind, Label, Signature, Task
from training.config import TrainingConfig
from training.data.table import Table, missing

_DIGITS = 4


def describe(table: Table, train: Table, config: TrainingConfig) -> Signature:
    """Ranges and categories come from training rows; a column is nullable when any row of the table lacks it."""
    features = tuple(
        _feature(name, kind, train.frame[name], _is_nullable(name, table, config), config)
        for name, kind in table.kinds.items()
    )
    only_numbers = all(kind is Kind.NUMBER for kind in table.kinds.values())
    return Signature(
        task=config.task,
        layout="matrix" if only_numbers else "columns",
        features=features,
        labels=tuple(_labels(table.target)) if config.task is Task.CLASSIFICATION else None,
    )


def round_number(value: float, digits: int = _DIGITS) -> float:
    """A number of few digits, as a person would type it."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def _is_nullable(name: str, table: Table, config: TrainingConfig) -> bool:
    return name in config.data.nullable or bool(missing(table.frame[name]).any())


def _labels(target: NDArray[Any]) -> list[Label]:
    # The order of scikit-learn's classes_, in plain Python types.
    return [value for value in np.unique(target).tolist() if isinstance(value, bool | int | str)]


def _feature(name: str, kind: Kind, column: "pd.Series[Any]", nullable: bool, config: TrainingConfig) -> Feature:
    present = column[~missing(column)]
    if kind is Kind.CATEGORY:
        categories = tuple(sorted(set(present)))
        return Feature(
            name=name,
            kind=kind,
            nullable=nullable,
            categories=categories,
            unseen_categories=config.features.unseen_categories,
            example=str(present.mode().iloc[0]),
        )
    return Feature(
        name=name,
        kind=kind,
        nullable=nullable,
        minimum=float(present.min()),
        maximum=float(present.max()),
        example=_example(kind, present.to_numpy(dtype=np.float64)),
    )


def _example(kind: Kind, values: NDArray[np.float64]) -> bool | int | float:
    middle = float(np.median(values))
    if kind is Kind.BOOLEAN:
        return middle >= 0.5  # noqa: PLR2004  # the more frequent of 0 and 1
    return round(middle) if kind is Kind.INTEGER else round_number(middle)
