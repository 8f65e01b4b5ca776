"""describe(...) -> Signature: what the training rows say about each column."""

import math
import re
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.dates import EXAMPLES
from slipway_ml.contract.signature import Feature, Kind, Label, Signature, Task
from slipway_training.config.model import TrainingConfig
from slipway_training.data.date_forms import order_of
from slipway_training.data.table import Table, missing
from slipway_training.errors import DataCheckFailed

Layout = Literal["matrix", "columns"]
Unseen = Literal["allowed", "refused"]

OUTPUTS = ("label", "probabilities", "value")
"""Names of predictions, which no input of a graph may have."""

DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
"""An example that looks like this stands for a column of dates."""

_DIGITS = 4
_LENGTHS = 4
"""A text may be this many times as long as the longest that was trained on,"""
_LEAST_MAX_CHARACTERS = 1000
"""and this long in any case: so little costs nothing, and a short sample says little about its longest text."""
_MOST_CATEGORIES = 1000
_FEW_CATEGORIES = 20
"""Beyond this many, or where most rows have their own, text is taken for free text."""


def describe(table: Table, train: Table, config: TrainingConfig) -> Signature:
    """Ranges and categories come from training rows; a column is nullable when any row of the table lacks it."""
    features = tuple(
        describe_column(
            name,
            kind,
            train.frame[name],
            nullable=_is_nullable(name, table, config),
            unseen=config.features.unseen_categories,
        )
        for name, kind in table.kinds.items()
    )
    labels = tuple(plain_labels(np.unique(table.target))) if config.task is Task.CLASSIFICATION else None
    return assemble(config.task, features, labels)


def assemble(
    task: Task,
    features: tuple[Feature, ...],
    labels: tuple[Label, ...] | None,
    *,
    has_probabilities: bool = True,
    targets: tuple[str, ...] | None = None,
) -> Signature:
    """The signature of these features; numbers alone travel as one matrix.

    Raises DataCheckFailed where a column that is an input of its own has the name of an output.
    """
    only_numbers = all(feature.kind is Kind.NUMBER for feature in features)
    for feature in features:
        if not only_numbers and feature.name in OUTPUTS:
            raise DataCheckFailed(
                f"column {feature.name!r} has the name of one of the model's outputs "
                f"({', '.join(OUTPUTS)}); rename it in the data and in the pipeline"
            )
    layout: Layout = "matrix" if only_numbers else "columns"
    return Signature(
        task=task,
        layout=layout,
        features=features,
        labels=labels,
        has_probabilities=has_probabilities,
        targets=targets,
    )


def responded_by(pipeline: Any, signature: Signature) -> Signature:
    """The signature, without probabilities where the pipeline knows only labels."""
    has_probabilities = signature.labels is None or hasattr(pipeline, "predict_proba")
    return assemble(signature.task, signature.features, signature.labels, has_probabilities=has_probabilities)


def round_number(value: float, digits: int = _DIGITS) -> float:
    """A number of few digits, as a person would type it."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def _is_nullable(name: str, table: Table, config: TrainingConfig) -> bool:
    return name in config.data.nullable or bool(missing(table.frame[name]).any())


def plain_labels(classes: NDArray[Any]) -> list[Label]:
    """Labels in plain Python types, in the order given, which is that of scikit-learn's classes_; raises
    DataCheckFailed for labels of another type.
    """
    found: list[Label] = []
    for value in classes.tolist():
        label = int(value) if isinstance(value, float) and value.is_integer() else value
        if not isinstance(label, bool | int | str):
            raise DataCheckFailed("the class labels are neither integers, booleans nor text; fit with one of these")
        found.append(label)
    return found


def describe_column(
    name: str, kind: Kind, column: "pd.Series[Any]", *, nullable: bool, unseen: Unseen = "allowed"
) -> Feature:
    """What the rows say about one column. Text that hardly repeats is free text, and none of it is kept."""
    present = column[~missing(column)]
    if kind is Kind.CATEGORY:
        categories = tuple(sorted(set(present)))
        is_free = len(categories) > min(_MOST_CATEGORIES, max(_FEW_CATEGORIES, len(present) / 2))
        return Feature(
            name=name,
            kind=kind,
            nullable=nullable,
            categories=None if is_free else categories,
            unseen_categories="allowed" if is_free else unseen,
            max_characters=max(_LEAST_MAX_CHARACTERS, _LENGTHS * max(map(len, categories), default=0)),
            example=_free_example(present) if is_free else str(present.mode().iloc[0]),
        )
    return Feature(
        name=name,
        kind=kind,
        nullable=nullable,
        minimum=float(present.min()),
        maximum=float(present.max()),
        example=_example(kind, present.to_numpy(dtype=np.float64)),
    )


def _free_example(present: "pd.Series[Any]") -> str:
    """The first of a month in the middle of the dates, where all are dates; of other free text nothing is kept."""
    if not present.str.fullmatch(DATE.pattern).all():
        order = order_of(present.unique().tolist())
        return "some text" if order is None else EXAMPLES[order]
    middle = str(present.sort_values().iloc[len(present) // 2])
    return f"{middle[:7]}-01"


def _example(kind: Kind, values: NDArray[np.float64]) -> bool | int | float:
    middle = float(np.median(values))
    if kind is Kind.BOOLEAN:
        return middle >= 0.5  # noqa: PLR2004  # the more frequent of 0 and 1
    return round(middle) if kind is Kind.INTEGER else round_number(middle)
