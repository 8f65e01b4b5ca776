"""CSV files of any size as one typed Parquet file: kinds are guessed as for a single CSV, by counting in the engine."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from slipway_ml.contract.signature import Kind
from slipway_training.data.csv_file import MISSING, check_header
from slipway_training.data.engine import DuckDBPyConnection, literal, one, quoted
from slipway_training.data.joining.files import Files
from slipway_training.errors import ConfigError, DataCheckFailed, closest

_NUMERIC_SHARE = 0.9
_EXACT = 2**53
_CHUNK = 40


def store(connection: DuckDBPyConnection, name: str, files: Files, kinds: Mapping[str, Kind], to: Path) -> None:
    """Write the rows in their order; raises DataCheckFailed that names the row of a cell that is not of its kind."""
    columns = _header(name, files)
    for wanted in kinds:
        if wanted not in columns:
            raise ConfigError(f"source {name!r}: kinds names the column {wanted!r}{closest(wanted, columns)}")
    try:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW raw AS {_read(files, columns)}")
        found = {**_guess(connection, columns), **kinds}
        _check(connection, name, found)
        values = ", ".join(f"{_value(column, kind)} AS {quoted(column)}" for column, kind in found.items())
        # The engine's threads do not always hand on the rows of several files in the order of the files.
        connection.execute("SET threads = 1")
        connection.execute(f"COPY (SELECT {values} FROM raw) TO {literal(str(to))} (FORMAT parquet)")
        connection.execute("RESET threads")
    except duckdb.Error as error:
        line = re.search(r"Line: (\d+)", str(error))
        where = f", line {line[1]}" if line else ""
        raise DataCheckFailed(
            f"source {name!r}{where}: not CSV in UTF-8 with as many cells in every row as the header has"
        ) from error


def _header(name: str, files: Files) -> list[str]:
    """The columns, the same in every file."""
    first: list[str] = []
    for path in files.paths:
        with files.open(path) as file:
            line = file.readline()
        try:
            columns = [cell.strip() for cell in next(csv.reader([line.decode("utf-8-sig")]), [])]
        except (UnicodeDecodeError, csv.Error):
            raise DataCheckFailed(f"source {name!r}: the first line is not CSV in UTF-8") from None
        check_header(columns, f"source {name!r}")
        if columns != (first or columns):
            raise DataCheckFailed(f"source {name!r}: {Path(path).name} has other columns than the first file")
        first = columns
    return first


def _read(files: Files, columns: Sequence[str]) -> str:
    paths = ", ".join(map(literal, files.paths))
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    # Nothing is left to detection: it skips rows that it takes for comments or for another header.
    options = f"auto_detect = false, header = true, columns = {{{types}}}, delim = ',', quote = '\"', escape = '\"'"
    return f"SELECT * FROM read_csv([{paths}], {options})"


def _cell(column: str) -> str:
    """The text of a cell, NULL where it is one of the words for missing."""
    words = ", ".join(map(literal, sorted(MISSING)))
    return f"(CASE WHEN trim({quoted(column)}) IN ({words}) THEN NULL ELSE trim({quoted(column)}) END)"


def _number(column: str) -> str:
    cell = _cell(column)
    value = f"try_cast({cell} AS DOUBLE)"
    return f"(CASE WHEN isfinite({value}) AND NOT contains({cell}, '_') THEN {value} END)"


def _truth(column: str, words: Sequence[str]) -> str:
    return f"(lower({_cell(column)}) IN ({', '.join(map(literal, words))}))"


def _is_whole(column: str) -> str:
    return f"({_number(column)} = trunc({_number(column)}) AND abs({_number(column)}) <= {_EXACT})"


def _guess(connection: DuckDBPyConnection, columns: Sequence[str]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for start in range(0, len(columns), _CHUNK):
        chosen = columns[start : start + _CHUNK]
        terms = [
            f"count({_cell(c)}), count(*) FILTER ({_truth(c, ('true', 'false'))}), count({_number(c)}), "
            f"count(*) FILTER ({_is_whole(c)} AND regexp_full_match({_cell(c)}, '[+-]?[0-9]+'))"
            for c in chosen
        ]
        counts = one(connection, f"SELECT {', '.join(terms)} FROM raw")
        for place, column in enumerate(chosen):
            found[column] = _kind(*counts[4 * place : 4 * place + 4])
    return found


def _kind(present: int, truths: int, numbers: int, whole: int) -> Kind:
    if not present:
        return Kind.CATEGORY
    if truths == present:
        return Kind.BOOLEAN
    if whole == present:
        return Kind.INTEGER
    return Kind.NUMBER if numbers >= _NUMERIC_SHARE * present else Kind.CATEGORY


def _odd(column: str, kind: Kind) -> str:
    fits = {
        Kind.NUMBER: f"{_number(column)} IS NOT NULL",
        Kind.INTEGER: f"coalesce({_is_whole(column)}, false)",
        Kind.BOOLEAN: _truth(column, ("true", "false", "1", "0")),
    }[kind]
    return f"{_cell(column)} IS NOT NULL AND NOT {fits}"


def _check(connection: DuckDBPyConnection, name: str, kinds: Mapping[str, Kind]) -> None:
    typed = [column for column, kind in kinds.items() if kind is not Kind.CATEGORY]
    if not typed:
        return
    terms = ", ".join(f"min(CASE WHEN {_odd(column, kinds[column])} THEN number END)" for column in typed)
    numbered = "(SELECT row_number() OVER () AS number, * FROM raw)"
    places = one(connection, f"SELECT {terms} FROM {numbered}")
    for column, place in zip(typed, places, strict=True):
        if place is not None:
            raise DataCheckFailed(
                f"source {name!r}, row {place} below the header, column {column!r}: not {_ARTICLE[kinds[column]]}; "
                f"correct the cell, or write kinds = {{ {column} = 'category' }} for the source"
            )


_ARTICLE = {Kind.NUMBER: "a number", Kind.INTEGER: "an integer", Kind.BOOLEAN: "true or false"}


def _value(column: str, kind: Kind) -> str:
    match kind:
        case Kind.NUMBER:
            return _number(column)
        case Kind.INTEGER:
            return f"{_number(column)}::BIGINT"
        case Kind.BOOLEAN:
            return f"(CASE WHEN {_cell(column)} IS NOT NULL THEN {_truth(column, ('true', '1'))} END)"
    return _cell(column)
