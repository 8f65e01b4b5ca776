"""Columns that give the target away: one alone predicts rows that it has not seen."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from slipway_ml.contract.signature import Kind, Task
from slipway_training.config.model import TrainingConfig
from slipway_training.data.findings import Finding, drop_line, error
from slipway_training.data.table import Table

LEAKAGE = 0.999
"""A single column that predicts held-out rows this well is the prediction under another name."""

_ENOUGH = 50_000


def check_leakage(train: Table, held_out: Table, config: TrainingConfig) -> Iterator[Finding]:
    """A decision tree on each column alone; it also sees where the column is missing."""
    learn, judged = _some(train), _some(held_out)
    for name, kind in train.kinds.items():
        score = _score(name, kind, learn, judged, config.task)
        if score >= LEAKAGE:
            message = (
                f"column {name!r} alone predicts the held-out rows (score {score:.4f}), so it is most likely the "
                "target under another name"
            )
            rows = len(held_out.target)
            yield error("leak", message, drop_line(config.data.drop, name), name, rows, rows)


def _some(table: Table) -> Table:
    """As many rows as show the matter, evenly spread."""
    rows = len(table.target)
    if rows <= _ENOUGH:
        return table
    return table.take(np.linspace(0, rows - 1, _ENOUGH).astype(np.int64))


def _score(name: str, kind: Kind, train: Table, held_out: Table, task: Task) -> float:
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
