"""Reading a CSV: text in, columns of text out, with the line every row began on.

The standard reader is used rather than pandas' because it knows line numbers, also after a quoted line break, and
guesses nothing. What counts as missing becomes the empty string here, after the format that the config names.
"""

import csv
import io
import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from slipway_ml.contract.csv_format import UNREADABLE, CsvFormat
from slipway_training.errors import ConfigError, DataCheckFailed, closest

DELIMITERS = (",", ";", "\t", "|")
_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """The columns of a file as text, and where each row stands in it."""

    columns: dict[str, list[str]]
    lines: "array[int]"  # array takes no subscript at run time before Python 3.12

    def line(self, row: int) -> str:
        """How a message names a row."""
        return f"line {self.lines[row]}"

    def having(self, column: str) -> "CsvColumns":
        """The rows in which the column is not missing; they keep their lines."""
        rows = [row for row, cell in enumerate(self.columns[column]) if cell]
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        return CsvColumns(columns, array("q", (self.lines[row] for row in rows)))


def read_csv(path: Path | None, csv_format: CsvFormat | None = None) -> CsvColumns:
    """Read a file with a header line; raises DataCheckFailed that names the line."""
    name, csv_format = path.name if path else "", csv_format or CsvFormat()
    raw = read_bytes(path)
    return _read(text_of(raw, name, csv_format), name, csv_format)


def text_of(raw: bytes, name: str, csv_format: CsvFormat) -> str:
    """The text of a file, decompressed; raises DataCheckFailed."""
    try:
        with csv_format.text_of(io.BytesIO(raw)) as text:
            return text.read()
    except UNREADABLE as error:
        if isinstance(error, UnicodeError):
            known = csv_format.encoding.upper()
            raise DataCheckFailed(
                f"{name} is not {known} text; save it as CSV in UTF-8, or name its encoding: data.encoding = 'cp1252'"
            ) from None
        raise DataCheckFailed(
            f"{name} is not compressed as data.compression says; correct the key or the file"
        ) from None


def read_bytes(path: Path | None) -> bytes:
    """The whole file; raises DataCheckFailed, or ConfigError where the config names no file."""
    if path is None:
        raise ConfigError("this config needs a data file; give the path of a CSV with --data")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataCheckFailed(f"there is no data file {str(path)!r}; give the path of a CSV") from None
    except OSError as error:
        raise DataCheckFailed(f"data file {str(path)!r} cannot be read: {error.strerror}") from None


def _read(text: str, name: str, csv_format: CsvFormat) -> CsvColumns:
    reader = records(io.StringIO(text, newline=""), csv_format)
    try:
        header = [column.strip() for column in next(reader, [])]
        check_header(header, name)
        missing = [csv_format.missing_words(column) for column in header]
        cells: list[list[str]] = [[] for _ in header]
        lines = array("q")
        before = reader.line_num
        for row in reader:
            line, before = before + 1, reader.line_num
            if not row:
                continue
            if len(row) != len(header):
                raise DataCheckFailed(
                    f"{name} line {line} has {len(row)} cells, the header has {len(header)}; quote cells with "
                    f"{csv_format.delimiter!r} in them{other_delimiter(header, csv_format)}"
                )
            lines.append(line)
            for column, cell, words in zip(cells, row, missing, strict=True):
                text = cell.strip()
                column.append("" if text in words else text)
    except csv.Error as error:
        raise DataCheckFailed(f"{name} line {reader.line_num} is not CSV: {error}") from None
    if not lines:
        raise DataCheckFailed(f"{name} has a header but no rows; give a file with data")
    if isinstance(csv_format.missing, dict):
        check_columns(csv_format.missing, header, "data.missing", name)
    return CsvColumns(dict(zip(header, cells, strict=True)), lines)


def records(file: IO[str], csv_format: CsvFormat) -> Any:
    """The standard reader, for text that keeps its line breaks."""
    return csv.reader(file, delimiter=csv_format.delimiter, quotechar=csv_format.quote, strict=True)


def other_delimiter(header: Sequence[str], csv_format: CsvFormat) -> str:
    """The end of a sentence: which delimiter the file seems to have, where all of its header is one cell."""
    if len(header) > 1:
        return ""
    best = max(DELIMITERS, key=lambda character: header[0].count(character) if header else 0)
    if not header or best not in header[0] or best == csv_format.delimiter:
        return ""
    return (
        f"; the header is one cell with {best!r} in it: write delimiter = {json.dumps(best)} if that divides the cells"
    )


def check_columns(named: Iterable[str], known: Sequence[str], key: str, name: str) -> None:
    """Raises ConfigError for a column that the file has not."""
    for column in named:
        if column not in known:
            raise ConfigError(f"{key} names the column {column!r}, which {name} has not{closest(column, known)}")


def check_header(header: list[str], name: str) -> None:
    """Every column must have a name of its own; raises DataCheckFailed."""
    if not any(header):
        raise DataCheckFailed(f"{name} is empty; the first line must name the columns")
    for position, column in enumerate(header, start=1):
        if not column:
            raise DataCheckFailed(f"{name} line 1: column {position} has no name; name it or remove it")
        if len(column) > _LONGEST_NAME:
            raise DataCheckFailed(f"{name} line 1: column {position} has a name of over {_LONGEST_NAME} characters")
        if header.count(column) > 1:
            raise DataCheckFailed(f"{name} line 1 names the column {column!r} twice; rename or remove one")
