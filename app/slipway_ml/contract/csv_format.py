"""CsvFormat: how a CSV writes its cells, and how each of them is read; the same for training and for scoring a file.

Nothing is guessed: a cell is what the format says, or it is refused. A number is read to the nearest float64, however
it is written, so that `12,5 %` is the 0.125 that a request would send.
"""

import bz2
import codecs
import gzip
import io
import lzma
import math
import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import IO, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.signature import Feature, Kind

KNOWN_MISSING = ("NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "NULL", "null", "None", "none", "?", "-", "--")
"""Words by which files usually say that a value is missing; none of them does so unless the format says it."""

TRUTH = {"true": True, "1": True, "false": False, "0": False}
"""How booleans are written, in any case."""

EXACT = 2**53
"""From here on a float64 cannot tell an integer from its neighbours."""

UNREADABLE = (UnicodeError, EOFError, OSError, lzma.LZMAError, zlib.error)
"""What reading the text of a file raises where it is not written as the format says."""

_SPACES = " \u00a0\u202f"
_OPENERS: dict[str, tuple[bytes, Callable[[Any], Any]]] = {
    "gzip": (b"\x1f\x8b", gzip.open),
    "bzip2": (b"BZh", bz2.open),
    "xz": (b"\xfd7zXZ\x00", lzma.open),
}


class CsvFormat(BaseModel):
    """How a CSV writes its cells."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: str = Field(",", min_length=1, max_length=1, description="of a CSV: the character between two cells")
    quote: str = Field(
        '"',
        min_length=1,
        max_length=1,
        description="of a CSV: the character around a cell that holds the delimiter or a line break; twice for itself",
    )
    decimal: Literal[".", ","] = Field(".", description="of a CSV: the decimal separator of its numbers")
    thousands: Literal[",", ".", " ", "'", "_"] | None = Field(
        None, description="of a CSV: what groups the digits of its numbers by three; any of the usual spaces for ' '"
    )
    percent: bool = Field(
        False, description="of a CSV: whether a number may end in %, which makes it hundredths: 12.5% is 0.125"
    )
    missing: tuple[str, ...] | dict[str, tuple[str, ...]] = Field(
        (),
        description="of a CSV: words that mean missing, such as `['NA']`, or column = words; "
        "an empty cell always does, and no word unless it is named",
    )
    encoding: str = Field("utf-8", description="of a CSV: its character encoding, such as `cp1252` or `utf-16`")
    compression: Literal["auto", "none", "gzip", "bzip2", "xz"] = Field(
        "auto", description="of a CSV: how it is compressed; `auto` goes by its first bytes"
    )

    @model_validator(mode="after")
    def _is_unambiguous(self) -> "CsvFormat":
        if self.thousands == self.decimal:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; a number could be read in two ways")
        if self.delimiter == self.quote or self.delimiter in "\r\n" or self.quote in "\r\n":
            raise ValueError("delimiter and quote must be two characters, and neither a line break")
        try:
            b"a".decode(self.encoding)
        except LookupError:
            raise ValueError(
                f"encoding {self.encoding!r} is none that Python knows; 'cp1252' and 'utf-16' are usual"
            ) from None
        except UnicodeError:  # half a character of it
            pass
        return self

    @property
    def number_pattern(self) -> str:
        """What a number looks like from its first character to its last, as Python and RE2 have it."""
        return _number_pattern(self.decimal, self.thousands, self.percent).pattern

    @property
    def grouping(self) -> str:
        """Every character that may stand between groups of digits."""
        return _SPACES if self.thousands == " " else self.thousands or ""

    def number(self, cell: str) -> float | None:
        """The nearest float64, None where the cell is no finite number of this format."""
        if _number_pattern(self.decimal, self.thousands, self.percent).fullmatch(cell) is None:
            return None
        for character in self.grouping:
            cell = cell.replace(character, "")
        cell = cell.replace(self.decimal, ".")
        value = float(f"{cell[:-1].rstrip(_SPACES)}e-2" if cell.endswith("%") else cell)
        return value if math.isfinite(value) else None

    def integer(self, cell: str) -> int | None:
        """The integer, None where the cell is none that a float64 tells from its neighbours."""
        value = self.number(cell)
        return int(value) if value is not None and value.is_integer() and abs(value) < EXACT else None

    def missing_words(self, column: str) -> frozenset[str]:
        """The cells of a column that mean missing."""
        words = self.missing.get(column, ()) if isinstance(self.missing, dict) else self.missing
        return frozenset(("", *words))

    def read(self, feature: Feature, cell: str) -> Cell:
        """What a request would send for a cell, None for missing; the text itself where it is not of its kind."""
        text = cell.strip()
        if text in self.missing_words(feature.name):
            return None
        value: Cell = text
        match feature.kind:
            case Kind.BOOLEAN:
                value = TRUTH.get(text.lower())
            case Kind.INTEGER:
                value = self.integer(text)
            case Kind.NUMBER:
                value = self.number(text)
        return text if value is None else value

    def text_of(self, binary: IO[bytes]) -> IO[str]:
        """The text of a file that is open for bytes and can be sought in; what it raises on is in UNREADABLE."""
        plain: IO[bytes] = binary
        first = binary.read(8)
        binary.seek(0)
        for name, (mark, opener) in _OPENERS.items():
            if self.compression == name or (self.compression == "auto" and first.startswith(mark)):
                plain = cast("IO[bytes]", opener(binary))
        encoding = "utf-8-sig" if codecs.lookup(self.encoding).name == "utf-8" else self.encoding
        return io.TextIOWrapper(plain, encoding=encoding, newline="")


@lru_cache(maxsize=64)
def _number_pattern(decimal: str, thousands: str | None, percent: bool) -> re.Pattern[str]:
    digits = "[0-9]+"
    if thousands is not None:
        group = f"[{_SPACES}]" if thousands == " " else re.escape(thousands)
        digits = f"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)"
    point = re.escape(decimal)
    end = f"(?:[eE][+-]?[0-9]+|[{_SPACES}]?%)?" if percent else "(?:[eE][+-]?[0-9]+)?"
    return re.compile(f"[+-]?(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+){end}")
