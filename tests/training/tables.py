"""Small tables for tests: `write_csv` makes files, `table` what comes of reading one, `config_for` trains on it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slipway_ml.contract.signature import Kind
from slipway_training.config.documents import parse
from slipway_training.config.model import TrainingConfig
from slipway_training.data.table import Table


def write_csv(path: Path, columns: Mapping[str, Sequence[object]]) -> Path:
    """Columns as a CSV file; None is an empty cell."""
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def table(target: Sequence[Any], **columns: Sequence[Any]) -> Table:
    """A table of text and number columns, as a source would give it."""
    values = {name: np.array(cells, dtype=object if _is_text(cells) else np.float64) for name, cells in columns.items()}
    kinds = {name: Kind.CATEGORY if _is_text(cells) else Kind.NUMBER for name, cells in columns.items()}
    frame = pd.DataFrame({name: pd.Series(cells, dtype=cells.dtype) for name, cells in values.items()})
    labels = np.array(target, dtype=object if _is_text(target) else None)
    return Table(frame, labels, kinds, lambda row: f"line {row + 2}")


def config_for(path: Path | None = None, **changes: Any) -> TrainingConfig:
    """A config for a CSV with the target `y`; sections are given as keywords."""
    document: dict[str, Any] = {
        "name": "small",
        "task": "classification",
        "data": {"source": "csv", "target": "y", "path": path},
        "estimator": {"type": "LogisticRegression"},
    }
    for section, values in changes.items():
        document[section] = {**document.get(section, {}), **values} if isinstance(values, Mapping) else values
    return parse(document)


def _is_text(cells: Sequence[Any]) -> bool:
    return any(isinstance(cell, str) for cell in cells)
