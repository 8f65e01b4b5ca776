"""Rows to make a graph smaller with: some to calibrate on, others to judge by, best those it was trained and scored on.

its own      a version whose config still leads to its data: divided again as it was, nothing is fitted
given        a file of rows: every other one calibrates, the rest judge
made up      neither: rows from the signature alone, enough to prove what is exact and no more
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.manifest import Provenance
from slipway_ml.contract.signature import Signature
from slipway_training.config.data import DataConfig
from slipway_training.config.model import ModelConfig, TrainingConfig
from slipway_training.data import lineage, sources
from slipway_training.data.amounts import with_amounts
from slipway_training.data.conforming import check_cells, conform, true_targets
from slipway_training.data.gathering import gather
from slipway_training.data.rows_file import read_rows
from slipway_training.data.splits import split
from slipway_training.errors import DataCheckFailed, closest
from slipway_training.workflows.importing.self_check import synthetic_rows

_FEWEST = 20
_MADE_UP = 2000

Kind = Literal["held_out", "given", "made_up"]


@dataclass(frozen=True, slots=True)
class Rows:
    """`target` holds the true targets to the rows judged, None where they are not known; `source` is in words."""

    kind: Kind
    calibrate: pd.DataFrame
    judged: pd.DataFrame
    target: NDArray[Any] | None
    source: str

    @property
    def in_words(self) -> str:
        """What is judged by what."""
        count, other = f"{len(self.judged):,}", f"{len(self.calibrate):,}"
        if self.kind == "made_up":
            return f"{count} rows made up from the signature: enough to prove what is exact; --data FILE for the rest"
        judge = "held out when it was trained" if self.kind == "held_out" else "judge"
        unknown = "" if self.target is not None else ", without true targets (--target COLUMN)"
        return f"{self.source}: {count} rows {judge}, {other} calibrate{unknown}"


def find_rows(
    signature: Signature, config: ModelConfig, provenance: Provenance | None, data: Path | None, target: str | None
) -> Rows:
    """The best there are; raises DataCheckFailed or ConfigError."""
    if isinstance(config, TrainingConfig):
        own = _its_own(config, provenance, data)
        if own is not None:
            return own
        target = target or config.data.target
    return from_signature(signature) if data is None else from_file(signature, data, target)


def from_signature(signature: Signature) -> Rows:
    """Nothing is known of real rows."""
    rows = synthetic_rows(signature, _MADE_UP)
    return Rows("made_up", rows.iloc[::2].reset_index(drop=True), rows.iloc[1::2].reset_index(drop=True), None, "")


def from_file(signature: Signature, path: Path, target: str | None) -> Rows:
    """Every other row calibrates, so that none is judged by what it was calibrated on."""
    table, _ = read_rows(path, None)
    column = None
    if target is not None and target in table.columns:
        column = table[target]
    elif target is not None and target not in {feature.name for feature in signature.features}:
        known = closest(target, map(str, table.columns))
        raise DataCheckFailed(f"{path.name} has no target column {target!r}{known}")
    if len(table) < _FEWEST:
        raise DataCheckFailed(f"{path.name} has {len(table)} rows; give at least {_FEWEST}")
    kinds = {feature.name: feature.kind for feature in signature.features}
    frame = conform(table, kinds, f"{path.name} must have all of its columns")
    check_cells(frame, signature)
    predictions = None if column is None else true_targets(column, signature, len(frame))
    calibrate, judged = (frame.iloc[first::2].reset_index(drop=True) for first in (0, 1))
    return Rows("given", calibrate, judged, None if predictions is None else predictions[1::2], path.name)


def _its_own(config: TrainingConfig, provenance: Provenance | None, data: Path | None) -> Rows | None:
    """The rows that the version was trained and evaluated on, if they are at hand and the very same."""
    found = _with_data(config.data, data)
    if found is None or provenance is None:
        return None
    # What it was checked for then needs no checking again, and the file of checks is not kept with it.
    config = config.model_copy(update={"data": found.model_copy(update={"checks": None})})
    if lineage.recipe(config).data_digest != provenance.data_digest:
        return None
    table = with_amounts(gather(config, lambda _step, _result: None).table, config.cost)
    learn, held_out = split(table, config.split, config.task)
    return Rows("held_out", learn.frame, held_out.frame, np.asarray(held_out.target), sources.in_words(config.data))


def _with_data(data: DataConfig, path: Path | None) -> DataConfig | None:
    """Where its rows are; None where nobody says."""
    if data.source == "csv":
        is_csv = path is not None and path.suffix not in {".parquet", ".pq"}
        return data.model_copy(update={"path": path}) if is_csv else None
    if data.source == "sources":
        return data.below(path) if path is not None and path.is_dir() else None
    return data if path is None else None
