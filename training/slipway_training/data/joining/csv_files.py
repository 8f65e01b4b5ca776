"""CSV files of any size as one typed Parquet file: kinds are guessed as for a single CSV, by counting in the engine."""

import codecs
import csv
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from slipway_ml.contract.csv_format import EXACT, KNOWN_MISSING, TRUTH, UNREADABLE
from slipway_ml.contract.signature import Kind
from slipway_training.config.sources import SourceConfig
from slipway_training.data.csv_file import check_columns, check_header, other_delimiter, records
from slipway_training.data.engine import DuckDBPyConnection, literal, one, quoted
from slipway_training.data.joining.files import Files
from slipway_training.data.kinds import refusal
from slipway_training.errors import DataCheckFailed

_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""What `str.strip` takes away, where the engine's own trim knows the space alone."""
_NUMERIC_SHARE = 0.9
_CHUNK = 40


def store(connection: DuckDBPyConnection, source: SourceConfig, files: Files, to: Path) -> None:
    """Write the rows in their order; raises DataCheckFailed that names the row of a cell that is not of its kind."""
    name, kinds = source.name, source.kinds
    columns = _header(source, files)
    check_columns(kinds, columns, "kinds", f"source {name!r}")
    if isinstance(source.missing, dict):
        check_columns(source.missing, columns, "missing", f"source {name!r}")
    copies = _as_plain_text(source, files, to.parent)
    cells = _Cells(source)
    try:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW raw AS {_read(source, copies or files.paths, columns)}")
        found = {**_guess(connection, columns, cells), **kinds}
        _check(connection, name, found, cells)
        values = ", ".join(f"{cells.value(column, kind)} AS {quoted(column)}" for column, kind in found.items())
        # The engine's threads do not always hand on the rows of several files in the order of the files.
        connection.execute("SET threads = 1")
        connection.execute(f"COPY (SELECT {values} FROM raw) TO {literal(str(to))} (FORMAT parquet)")
        connection.execute("RESET threads")
    except duckdb.Error as error:
        line = re.search(r"Line: (\d+)", str(error))
        where = f", line {line[1]}" if line else ""
        raise DataCheckFailed(
            f"source {name!r}{where}: not CSV in {source.encoding.upper()} with as many cells in every row as the "
            "header has"
        ) from error
    finally:
        for copy in copies:
            Path(copy).unlink()


def _header(source: SourceConfig, files: Files) -> list[str]:
    """The columns, the same in every file."""
    first: list[str] = []
    for path in files.paths:
        try:
            with files.open(path) as file, source.text_of(file) as text:
                columns = [cell.strip() for cell in next(records(text, source), [])]
        except (*UNREADABLE, csv.Error):
            raise DataCheckFailed(
                f"source {source.name!r}: the first line is not CSV in {source.encoding.upper()}; if it is right, name "
                "its encoding, such as encoding = 'cp1252'"
            ) from None
        check_header(columns, f"source {source.name!r}")
        if columns != (first or columns):
            raise DataCheckFailed(f"source {source.name!r}: {Path(path).name} has other columns than the first file")
        first = columns
    hint = other_delimiter(first, source)
    if hint:
        raise DataCheckFailed(f"source {source.name!r}: its rows have one cell{hint}")
    return first


def _as_plain_text(source: SourceConfig, files: Files, folder: Path) -> list[str]:
    """Copies in UTF-8, without compression, of files that the engine does not read as they are."""
    is_packed = any(path.endswith((".bz2", ".xz")) for path in files.paths) or source.compression != "auto"
    if codecs.lookup(source.encoding).name == "utf-8" and not is_packed:
        return []
    copies = []
    for number, path in enumerate(files.paths):
        copy = folder / f"plain-{number:06d}.csv"
        try:
            with (
                files.open(path) as file,
                source.text_of(file) as text,
                copy.open("w", encoding="utf-8", newline="") as plain,
            ):
                shutil.copyfileobj(text, plain)
        except UNREADABLE:
            raise DataCheckFailed(
                f"source {source.name!r}: {Path(path).name} is not text in {source.encoding.upper()}, compressed as "
                "its key says"
            ) from None
        copies.append(str(copy))
    return copies


def _read(source: SourceConfig, paths: Sequence[str], columns: Sequence[str]) -> str:
    listed = ", ".join(map(literal, paths))
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    # Nothing is left to detection: it skips rows that it takes for comments or for another header.
    marks = f"delim = {literal(source.delimiter)}, quote = {literal(source.quote)}, escape = {literal(source.quote)}"
    return f"SELECT * FROM read_csv([{listed}], auto_detect = false, header = true, columns = {{{types}}}, {marks})"


@dataclass(frozen=True, slots=True)
class _Cells:
    """Terms of SQL for the cells of a column, after the format of its source."""

    source: SourceConfig

    def text(self, column: str) -> str:
        """The text of a cell, NULL where it is one of the words for missing."""
        words = ", ".join(map(literal, sorted(self.source.missing_words(column))))
        trimmed = f"trim({quoted(column)}, {literal(_BLANKS)})"
        return f"(CASE WHEN {trimmed} IN ({words}) THEN NULL ELSE {trimmed} END)"

    def number(self, column: str) -> str:
        """The number, NULL where the cell is none of the format."""
        cell = self.text(column)
        plain = cell
        for character in self.source.grouping:
            plain = f"replace({plain}, {literal(character)}, '')"
        if self.source.decimal != ".":
            plain = f"replace({plain}, {literal(self.source.decimal)}, '.')"
        if self.source.percent:
            plain = f"regexp_replace({plain}, '[ \u00a0\u202f]?%$', 'e-2')"
        value = f"try_cast({plain} AS DOUBLE)"
        is_number = f"regexp_full_match({cell}, {literal(self.source.number_pattern)})"
        return f"(CASE WHEN {is_number} AND isfinite({value}) THEN {value} END)"

    def truth(self, column: str, words: Sequence[str]) -> str:
        """Whether the cell is one of the words, in any case."""
        return f"(lower({self.text(column)}) IN ({', '.join(map(literal, words))}))"

    def is_whole(self, column: str) -> str:
        """Whether the cell is an integer that a double tells from its neighbours."""
        number = self.number(column)
        return f"({number} = trunc({number}) AND abs({number}) < {EXACT})"

    def value(self, column: str, kind: Kind) -> str:
        """The cell as what it is, NULL where it is missing."""
        match kind:
            case Kind.NUMBER:
                return self.number(column)
            case Kind.INTEGER:
                return f"{self.number(column)}::BIGINT"
            case Kind.BOOLEAN:
                return f"(CASE WHEN {self.text(column)} IS NOT NULL THEN {self.truth(column, ('true', '1'))} END)"
        return self.text(column)

    def is_odd(self, column: str, kind: Kind) -> str:
        """Whether a cell is there and is not of its kind."""
        fits = {
            Kind.NUMBER: f"{self.number(column)} IS NOT NULL",
            Kind.INTEGER: f"coalesce({self.is_whole(column)}, false)",
            Kind.BOOLEAN: self.truth(column, tuple(TRUTH)),
        }[kind]
        return f"{self.text(column)} IS NOT NULL AND NOT {fits}"


def _guess(connection: DuckDBPyConnection, columns: Sequence[str], cells: _Cells) -> dict[str, Kind]:
    """As `slipway_training.data.kinds.guess_kind` has it."""
    words = ", ".join(map(literal, KNOWN_MISSING))
    found: dict[str, Kind] = {}
    for start in range(0, len(columns), _CHUNK):
        chosen = columns[start : start + _CHUNK]
        terms = [
            f"count(*) FILTER ({cells.text(c)} NOT IN ({words})), "
            f"count(*) FILTER ({cells.truth(c, ('true', 'false'))}), count({cells.number(c)}), "
            f"count(*) FILTER ({cells.is_whole(c)} AND regexp_full_match({cells.text(c)}, '[+-]?[0-9]+'))"
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


def _check(connection: DuckDBPyConnection, name: str, kinds: Mapping[str, Kind], cells: _Cells) -> None:
    typed = [column for column, kind in kinds.items() if kind is not Kind.CATEGORY]
    if not typed:
        return
    odd = [f"arg_min({cells.text(c)}, number) FILTER ({cells.is_odd(c, kinds[c])})" for c in typed]
    places = [f"min(number) FILTER ({cells.is_odd(c, kinds[c])})" for c in typed]
    numbered = "(SELECT row_number() OVER () AS number, * FROM raw)"
    found = one(connection, f"SELECT {', '.join(places + odd)} FROM {numbered}")
    for column, place, cell in zip(typed, found[: len(typed)], found[len(typed) :], strict=True):
        if place is not None:
            raise DataCheckFailed(
                f"source {name!r}, row {place} below the header, column {column!r}: "
                f"{refusal(column, kinds[column], cell)}"
            )
