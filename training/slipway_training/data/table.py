"""Table: the rows of one source in the form every later step expects.

Conventions of `frame`: number, integer and boolean columns are float64 with NaN for missing (booleans as 0 and 1,
which is how scikit-learn reads them best), category columns are Python strings with '' for missing. `target` keeps
the type of its labels. `line` maps a row to its line in the file, for messages. `groups` (text) and `times` (float64,
for dates seconds since 1970) hold one value per row where the config names such columns; they are no features.
`amounts` holds number columns by which predictions cost more or less, one float64 per row; they may be features too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Kind


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, target and the kind of every column."""

    frame: pd.DataFrame
    target: NDArray[Any]
    kinds: dict[str, Kind]
    line: Callable[[int], str]
    groups: NDArray[Any] | None = None
    times: NDArray[np.float64] | None = None
    amounts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def take(self, rows: NDArray[np.int64]) -> "Table":
        """Only some rows, in the order given; they keep their line numbers."""
        frame = self.frame.iloc[rows].reset_index(drop=True)
        return Table(
            frame,
            self.target[rows],
            self.kinds,
            lambda row: self.line(int(rows[row])),
            None if self.groups is None else self.groups[rows],
            None if self.times is None else self.times[rows],
            {name: amounts[rows] for name, amounts in self.amounts.items()},
        )

    def columns(self, *kinds: Kind) -> list[str]:
        """Names of the columns of some kinds, in the order of the frame."""
        return [name for name, kind in self.kinds.items() if kind in kinds]


def with_columns(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """The frame with these columns instead of its own; their names may be any text, `self` included."""
    changed = frame.copy(deep=False)
    for name, values in columns.items():
        changed[name] = values
    return changed


def missing(column: pd.Series) -> NDArray[np.bool_]:
    """Which rows of a column are missing."""
    values = column.to_numpy()
    absent: NDArray[np.bool_] = np.isnan(values) if column.dtype == np.float64 else np.asarray(values == "", np.bool_)
    return absent
