"""A file of rows as pandas reads it, for pipelines that were fitted on what pandas reads: Parquet or CSV."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from slipway_training.errors import ConfigError, DataCheckFailed, closest


def read_rows(path: Path, target: str | None) -> tuple[pd.DataFrame, "pd.Series | None"]:
    """The columns, and the target's where there is one; raises DataCheckFailed in one sentence."""
    if not path.is_file():
        raise DataCheckFailed(f"there is no data file {str(path)!r}; give a .parquet or .csv")
    try:
        frame = pd.read_parquet(path) if path.suffix in {".parquet", ".pq"} else pd.read_csv(path)
    except Exception as error:  # both readers raise many things, some of which quote the rows
        raise DataCheckFailed(f"{path.name} cannot be read as a table ({type(error).__name__})") from error
    if target is None:
        return frame, None
    _check_target(path, frame, target)
    return frame.drop(columns=[target]), frame[target]


def read_targets(path: Path, targets: Sequence[str]) -> tuple[pd.DataFrame, "pd.Series | pd.DataFrame"]:
    """The same for one target or several, whose columns then come in the order given."""
    if len(set(targets)) < len(targets):
        raise ConfigError("a target is named twice; name each column once")
    frame, _ = read_rows(path, None)
    for target in targets:
        _check_target(path, frame, target)
    wanted = frame[list(targets)]
    return frame.drop(columns=list(targets)), wanted if len(targets) > 1 else wanted[targets[0]]


def _check_target(path: Path, frame: pd.DataFrame, target: str) -> None:
    if target not in frame.columns:
        raise DataCheckFailed(f"{path.name} has no target column {target!r}{closest(target, map(str, frame.columns))}")
