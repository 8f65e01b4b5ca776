"""Checks before and after the split: data on which a model would be worthless is refused, with what to do about it."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from app.contract.signature import Kind, Task
from training.config.model import TrainingConfig
from training.data.table import Table, missing
from training.errors import DataCheckFailed

LEAKAGE = 0.999
"""A single column that predicts held-out rows this well is the answer under another name."""

_MINIMUM_ROWS = 20
_FREE_TEXT_SHARE = 0.9
_OUTPUTS = ("label", "probabilities", "value")


def check_table(table: Table, config: TrainingConfig) -> None:
    """Everything that can be seen before the split; raises DataCheckFailed."""
    if len(table.target) < _MINIMUM_ROWS:
        raise DataCheckFailed(f"the data has {len(table.target)} rows; at least {_MINIMUM_ROWS} are needed")
    if config.task is Task.CLASSIFICATION:
        _check_classes(table.target)
    elif np.ptp(table.target) == 0:
        raise DataCheckFailed("the target has the same value in every row, so there is nothing to learn")
    has_own_inputs = any(kind is not Kind.NUMBER for kind in table.kinds.values())
    for name, kind in table.kinds.items():
        if has_own_inputs and name in _OUTPUTS:
            raise DataCheckFailed(f"column {name!r} has the name of one of the model's answers; rename it")
        _check_column(name, kind, table.frame[name])


def check_split(train: Table, held_out: Table, config: TrainingConfig) -> None:
    """What needs both halves: columns empty in one, unseen categories, and columns that give the target away."""
    for name in train.kinds:
        if missing(train.frame[name]).all():
            raise DataCheckFailed(
                f"column {name!r} is missing in every training row; write data.drop = [{name!r}] in the config"
            )
    if config.features.unseen_categories == "refused":
        _check_categories(train, held_out)
    for name, kind in train.kinds.items():
        score = _single_column_score(name, kind, train, held_out, config.task)
        if score >= LEAKAGE:
            drop = ", ".join(repr(column) for column in (*config.data.drop, name))
            raise DataCheckFailed(
                f"column {name!r} alone predicts the held-out rows (score {score:.4f}), so it is most likely the "
                f"target under another name; write data.drop = [{drop}] in the config"
            )


def _check_classes(target: NDArray[Any]) -> None:
    classes, counts = np.unique(target, return_counts=True)
    if len(classes) < 2:  # noqa: PLR2004  # a choice needs two
        raise DataCheckFailed("the target has one class only; a classifier needs rows of at least two")
    if counts.min() < 2:  # noqa: PLR2004  # one row to learn from, one to be held out
        raise DataCheckFailed("a class of the target has a single row; add rows of that class or remove it")


def _check_column(name: str, kind: Kind, column: "pd.Series[Any]") -> None:
    absent = missing(column)
    if absent.all():
        raise DataCheckFailed(f"column {name!r} is missing in every row; write data.drop = [{name!r}] in the config")
    present = column[~absent]
    if kind is Kind.CATEGORY and present.nunique() > _FREE_TEXT_SHARE * len(present) and len(present) > _MINIMUM_ROWS:
        raise DataCheckFailed(
            f"column {name!r} has another text in nearly every row, so nothing can be learnt from it; "
            f"write data.drop = [{name!r}] in the config"
        )


def _check_categories(train: Table, held_out: Table) -> None:
    for name in train.columns(Kind.CATEGORY):
        unseen = set(held_out.frame[name]) - set(train.frame[name]) - {""}
        if unseen:
            raise DataCheckFailed(
                f"column {name!r} has a category in the held-out rows only; "
                "set features.unseen_categories = 'allowed' or bring more rows"
            )


def _single_column_score(name: str, kind: Kind, train: Table, held_out: Table, task: Task) -> float:
    seen, asked = train.frame[[name]].to_numpy(), held_out.frame[[name]].to_numpy()
    if kind is Kind.CATEGORY:
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(seen)
        seen, asked = codes.transform(seen), codes.transform(asked)
    if task is Task.REGRESSION:
        values = DecisionTreeRegressor(random_state=0).fit(seen, train.target).predict(asked)
        return float(r2_score(held_out.target, values))
    labels = DecisionTreeClassifier(random_state=0).fit(seen, _text(train.target)).predict(asked)
    return float(balanced_accuracy_score(_text(held_out.target), labels))


def _text(labels: NDArray[Any]) -> NDArray[Any]:
    return labels.astype(str)
