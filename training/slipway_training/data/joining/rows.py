"""Joined rows as the checks and as training see them: which columns count, of which kind, and at last a Table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Kind, Task
from slipway_training.config.data import DataConfig
from slipway_training.data.engine import DuckDBPyConnection, literal, quoted
from slipway_training.data.kinds import parse_target
from slipway_training.data.table import Table
from slipway_training.data.times import parse_times
from slipway_training.errors import ConfigError, DataCheckFailed, closest

_KINDS = {"BIGINT": Kind.INTEGER, "DOUBLE": Kind.NUMBER, "BOOLEAN": Kind.BOOLEAN, "VARCHAR": Kind.CATEGORY}
_TERMS = {
    Kind.CATEGORY: ("{}::VARCHAR", {*_KINDS}),
    Kind.NUMBER: ("{}::DOUBLE", {"BIGINT", "DOUBLE", "BOOLEAN"}),
    Kind.INTEGER: ("{}::BIGINT", {"BIGINT", "BOOLEAN"}),
    Kind.BOOLEAN: ("({} <> 0)", {"BIGINT", "BOOLEAN"}),
}
"""How a column becomes another kind, and from which types of the engine that loses nothing."""

_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Layout:
    """Terms of SQL for the features, and what kind each is."""

    terms: dict[str, str]
    kinds: dict[str, Kind]


def layout(columns: Mapping[str, str], data: DataConfig) -> Layout:
    """Which of the joined columns are features; raises ConfigError or DataCheckFailed that names a column."""
    target = str(data.target)
    if target not in columns:
        raise DataCheckFailed(f"the joined tables have no target column {target!r}{closest(target, columns)}")
    asides = [name for name in (data.group, data.time) if name is not None]
    named = {"drop": data.drop, "kinds": data.kinds, "nullable": data.nullable, "group or data.time": asides}
    for key, names in named.items():
        for name in names:
            if name not in columns or name == target:
                known = [column for column in columns if column != target]
                raise ConfigError(
                    f"data.{key} names the column {name!r}, which the joined tables have not{closest(name, known)}"
                )
    kept = [name for name in columns if name not in (target, *data.drop, *data.asides)]
    if not kept:
        raise DataCheckFailed("the joined tables have no column left beside the target; drop fewer columns")
    kinds = {name: data.kinds.get(name) or _KINDS[columns[name]] for name in kept}
    if set(kinds.values()) <= {Kind.NUMBER, Kind.INTEGER}:
        kinds = {name: data.kinds.get(name, Kind.NUMBER) for name in kinds}
    return Layout({name: _term(name, columns[name], kind) for name, kind in kinds.items()}, kinds)


def _term(name: str, held: str, kind: Kind) -> str:
    term, usable = _TERMS[kind]
    if held not in usable:
        raise ConfigError(
            f"data.kinds says that column {name!r} is of kind {kind}, which its type {held} is not; "
            "cast it where it is read"
        )
    return term.format(quoted(name))


def make_view(connection: DuckDBPyConnection, rows: Path, found: Layout, data: DataConfig) -> str:
    """A view of the features and the target for the checks; returns its name."""
    target = str(data.target)
    terms = ", ".join(f"{term} AS {quoted(name)}" for name, term in {**found.terms, target: quoted(target)}.items())
    connection.execute(
        f"CREATE OR REPLACE VIEW rows AS SELECT {terms} FROM read_parquet({literal(str(rows))}){_where(data)}"
    )
    return "rows"


def to_table(connection: DuckDBPyConnection, rows: Path, found: Layout, data: DataConfig, task: Task) -> Table:
    """Every row of a Parquet file in the conventions of Table; raises DataCheckFailed that names the row."""
    asides = {"target": data.target, "group": data.group, "time": data.time}
    terms = [f"{term} AS {quoted(name)}" for name, term in found.terms.items()]
    terms += [f"{quoted(name)}::VARCHAR AS {quoted('the ' + key)}" for key, name in asides.items() if name is not None]
    numbered = f"read_parquet({literal(str(rows))}, file_row_number = true)"
    read = connection.execute(
        f"SELECT {', '.join(terms)} FROM {numbered}{_where(data)} ORDER BY file_row_number"
    ).fetchnumpy()
    values = {name: _values(name, read[name], kind) for name, kind in found.kinds.items()}
    frame = pd.DataFrame({name: pd.Series(column, dtype=column.dtype) for name, column in values.items()})
    target = parse_target(str(data.target), _texts(read["the target"]), task, _line)
    groups = None if data.group is None else np.array(_texts(read["the group"]), dtype=object)
    times = None if data.time is None else parse_times(data.time, _texts(read["the time"]), _line)
    return Table(frame, target, found.kinds, _line, groups, times)


def _where(data: DataConfig) -> str:
    return f" WHERE {quoted(str(data.target))} IS NOT NULL" if data.empty_targets == "drop" else ""


def _line(row: int) -> str:
    return f"row {row + 1} of the joined rows"


def _texts(cells: Any) -> Sequence[str]:
    texts: list[str] = np.ma.filled(np.ma.asarray(cells).astype(object), "").tolist()
    return texts


def _values(name: str, cells: Any, kind: Kind) -> NDArray[Any]:
    if kind is Kind.CATEGORY:
        return np.array(_texts(cells), dtype=object)
    numbers: NDArray[np.float64] = np.ma.filled(np.ma.asarray(cells).astype(np.float64), np.nan)
    if np.isinf(numbers).any():
        raise DataCheckFailed(f"column {name!r} holds infinities; replace them in the source")
    if kind is Kind.INTEGER and len(numbers) and np.nanmax(np.abs(numbers), initial=0) > _EXACT:
        raise DataCheckFailed(
            f"column {name!r} holds integers beyond 2**53, which floats cannot tell apart; drop it or read it as text"
        )
    return numbers
