"""Every source as a view of the same few types: DOUBLE, BIGINT, BOOLEAN and VARCHAR, NULL for what is missing.

Dates and times become text of ISO 8601, which is what a request can say; empty text and NaN count as missing.
"""

import re
from collections.abc import Sequence

import duckdb

from training.config.sources import SourceConfig
from training.data.engine import DuckDBPyConnection, literal, quoted
from training.errors import ConfigError, DataCheckFailed, closest

ROW = "row of {}"
"""The column that says where a row stood in its source, so that joined rows have one order."""

_FILE = "the file"
_MOST_ROWS = 2**40
"""More than a file has, so that a file's number and a row's make one number."""

_NUMBERS = re.compile(r"(U?(TINYINT|SMALLINT|INTEGER)|BIGINT|UBIGINT|HUGEINT|UHUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\))")
_WHOLE = re.compile(r"U?(TINYINT|SMALLINT|INTEGER)|BIGINT")


def make_view(connection: DuckDBPyConnection, source: SourceConfig, paths: Sequence[str]) -> dict[str, str]:
    """Create the view, called like the source; returns its columns and their types, without the row's number."""
    listed = ", ".join(map(literal, paths))
    read = f"read_parquet([{listed}], union_by_name = true, filename = {literal(_FILE)}, file_row_number = true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()
    except duckdb.Error as error:
        raise DataCheckFailed(f"source {source.name!r} cannot be read as Parquet ({type(error).__name__})") from error
    types = {str(row[0]): str(row[1]) for row in described if row[0] not in {_FILE, "file_row_number"}}
    for key, names in (("columns", source.columns), ("rename", source.rename)):
        for name in names:
            if name not in types:
                raise ConfigError(
                    f"source {source.name!r}: {key} names the column {name!r}, which it has not{closest(name, types)}"
                )
    chosen = source.columns or tuple(types)
    terms = {source.rename.get(name, name): _plain(source, name, types[name]) for name in chosen}
    columns = ", ".join(f"{term} AS {quoted(name)}" for name, (term, _) in terms.items())
    row = quoted(ROW.format(source.name))
    place = f"list_position([{listed}], {quoted(_FILE)}) * {_MOST_ROWS} + file_row_number"
    connection.execute(
        f"CREATE OR REPLACE VIEW {quoted(source.name)} AS SELECT {columns}, {place} AS {row} FROM {read}"
    )
    return {name: kind for name, (_, kind) in terms.items()}


def _plain(source: SourceConfig, name: str, kind: str) -> tuple[str, str]:
    """A column's term and its type, one of four."""
    column = quoted(name)
    if kind == "BOOLEAN":
        return column, "BOOLEAN"
    if _WHOLE.fullmatch(kind):
        return f"{column}::BIGINT", "BIGINT"
    if _NUMBERS.fullmatch(kind):
        return f"(CASE WHEN NOT isnan({column}::DOUBLE) THEN {column}::DOUBLE END)", "DOUBLE"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S')", "VARCHAR"
    if kind == "DATE":
        return f"strftime({column}, '%Y-%m-%d')", "VARCHAR"
    if kind in {"VARCHAR", "UUID", "TIME"} or kind.startswith("ENUM"):
        return f"nullif({column}::VARCHAR, '')", "VARCHAR"
    raise DataCheckFailed(
        f"source {source.name!r}: column {name!r} is of type {kind}, which no model input has; "
        "leave it out with columns = [...]"
    )
