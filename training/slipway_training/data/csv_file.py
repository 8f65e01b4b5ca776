"""Reading a CSV: text in, columns of text out, with the line every row began on.

The standard reader is used rather than pandas' because it knows line numbers, also after a quoted line break, and
guesses nothing. What counts as missing becomes the empty string here.
"""

import csv
import io
from array import array
from dataclasses import dataclass
from pathlib import Path

from slipway_training.errors import ConfigError, DataCheckFailed

MISSING = frozenset({"", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "NULL", "null"})
_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """The columns of a file as text, and where each row stands in it."""

    columns: dict[str, list[str]]
    lines: "array[int]"  # array takes no subscript at run time before Python 3.12

    def line(self, row: int) -> str:
        """How a message names a row."""
        return f"line {self.lines[row]}"


def read_csv(path: Path | None) -> CsvColumns:
    """Read a file with a header line; raises DataCheckFailed that names the line."""
    name = path.name if path else ""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataCheckFailed(f"{name} is not UTF-8 text; save it as CSV in UTF-8") from None
    return _read(text, name)


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


def _read(text: str, name: str) -> CsvColumns:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        check_header(header, name)
        cells: list[list[str]] = [[] for _ in header]
        lines = array("q")
        before = reader.line_num
        for row in reader:
            line, before = before + 1, reader.line_num
            if not row:
                continue
            if len(row) != len(header):
                raise DataCheckFailed(
                    f"{name} line {line} has {len(row)} cells, the header has {len(header)}; quote cells with commas"
                )
            lines.append(line)
            for column, cell in zip(cells, row, strict=True):
                text = cell.strip()
                column.append("" if text in MISSING else text)
    except csv.Error as error:
        raise DataCheckFailed(f"{name} line {reader.line_num} is not CSV: {error}") from None
    if not lines:
        raise DataCheckFailed(f"{name} has a header but no rows; give a file with data")
    return CsvColumns(dict(zip(header, cells, strict=True)), lines)


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
