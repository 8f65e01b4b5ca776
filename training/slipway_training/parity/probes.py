"""Probes: rows to compare predictions on, and of each row which kind it is, in the words of
`slipway_ml.contract.certificate`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Probes:
    """A frame that follows the conventions of Table, and a kind for each of its rows."""

    frame: pd.DataFrame
    kinds: NDArray[Any]

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: Any) -> "Probes":
        """Some rows, by position or mask, with their kinds."""
        return Probes(self.frame.iloc[rows].reset_index(drop=True), self.kinds[rows])

    def distinct(self) -> "Probes":
        """Each row once, as the kind that came first."""
        return self.take(~self.frame.duplicated().to_numpy())


def of_kind(kind: str, frame: pd.DataFrame) -> Probes:
    """Rows of one kind."""
    return Probes(frame, np.full(len(frame), kind, dtype=object))


def together(parts: Iterable[Probes]) -> Probes:
    """The rows of several, one after another; there must be at least one part."""
    found = list(parts)
    frame = pd.concat([part.frame for part in found], ignore_index=True)
    return Probes(frame, np.concatenate([part.kinds for part in found]))
