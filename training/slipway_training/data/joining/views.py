"""Every source as a view of the same few types: DOUBLE, BIGINT, BOOLEAN and VARCHAR, NULL for what is missing.

Dates and times become text of ISO 8601, which is what a request can say; empty text and NaN count as missing.
"""

import re
from collections.abc import Sequence

import duckdb

from slipway_training.config.sources import SourceConfig
from slipway_training.data.engine import DuckDBPyConnection, literal, quoted
from slipway_training.errors import ConfigError, DataCheckFailed, closest

ROW = "row of {}"
"""The column that says where a row stood in its source, so that joined rows have one order."""

_FILE = "the file"
_MOST_ROWS = 2**40
"""More than a file has, so that a file's number and a row's make one number."""


def _to_the_second(moment: str) -> str:
    """Text of a moment, with a fraction of a second only where it has one."""
    whole, fine = (f"strftime({moment}, '%Y-%m-%dT%H:%M:%S{end}')" for end in ("", ".%f"))
    return f"(CASE WHEN epoch_us({moment}) % 1000000 = 0 THEN {whole} ELSE {fine} END)"


_PLAIN = (
    ("BOOLEAN", "{}", "BOOLEAN"),
    ("U?(TINYINT|SMALLINT|INTEGER)|BIGINT", "{}::BIGINT", "BIGINT"),
    (
        r"U?HUGEINT|UBIGINT|FLOAT|DOUBLE|DECIMAL\(.*\)",
        "CASE WHEN NOT isnan({0}::DOUBLE) THEN {0}::DOUBLE END",
        "DOUBLE",
    ),
    # A moment, whose text must not depend on the time zone of this machine.
    ("TIMESTAMP WITH TIME ZONE", f"{_to_the_second('make_timestamp(epoch_us({0}))')} || 'Z'", "VARCHAR"),
    ("TIMESTAMP.*", _to_the_second("{0}::TIMESTAMP"), "VARCHAR"),
    ("DATE", "strftime({}, '%Y-%m-%d')", "VARCHAR"),
    ("VARCHAR|UUID|TIME|ENUM.*", "nullif({}::VARCHAR, '')", "VARCHAR"),
)
"""The engine's types, how each is read, and the type that it then has; what comes first is taken."""


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
    for types, term, plain in _PLAIN:
        if re.fullmatch(types, kind):
            return term.format(column), plain
    raise DataCheckFailed(
        f"source {source.name!r}: column {name!r} is of type {kind}, which no model input has; "
        "leave it out with columns = [...]"
    )
