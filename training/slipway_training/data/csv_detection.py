"""detect(raw, …) -> Detected: the format in which a CSV seems to be written, with the evidence for every guess.

Training guesses nothing of this; what is found here is written into a config, for a person to read.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from slipway_ml.contract.csv_format import KNOWN_MISSING, CsvFormat
from slipway_ml.contract.signature import Kind
from slipway_training.data.csv_file import DELIMITERS, records, text_of
from slipway_training.data.kinds import guess_kind
from slipway_training.data.number_forms import EITHER, NumberForm, form_of
from slipway_training.errors import DataCheckFailed

_LINES = 200
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class Detected:
    """The keys that differ from their defaults, and why each is believed to be so."""

    keys: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def csv_format(self) -> CsvFormat:
        """The format."""
        return CsvFormat.model_validate(self.keys)

    def add(self, key: str, value: Any, evidence: str) -> None:
        """One more key."""
        self.keys[key] = value
        self.evidence[key] = evidence


def detect(raw: bytes, name: str) -> Detected:
    """Encoding and delimiter; raises DataCheckFailed where the file cannot be read as text at all."""
    found = Detected()
    text = _text(raw, name, found)
    widths = {character: _widths(text, character) for character in DELIMITERS}
    best = max(DELIMITERS, key=lambda c: (_share(widths[c]) if max(widths[c], default=1) > 1 else 0, max(widths[c])))
    if best != "," and max(widths[best]) > 1:
        cells = max(set(widths[best]), key=widths[best].count)
        lines = widths[best].count(cells)
        found.add("delimiter", best, f"{lines} of the first {len(widths[best])} lines have {cells} cells by it")
    return found


def detect_cells(columns: Mapping[str, Sequence[str]], found: Detected) -> None:
    """Adds how numbers and missing values are written, from the cells as they stand."""
    forms = {name: form_of(cells) for name, cells in columns.items()}
    written = [(name, *form) for name, form in forms.items() if form is not None and _is_text(columns[name], found)]
    if written:
        _add_numbers(written, columns, found)
    csv_format = found.csv_format
    words: dict[str, tuple[str, ...]] = {}
    for name, cells in columns.items():
        used = tuple(word for word in KNOWN_MISSING if word in cells)
        if used and guess_kind(cells, csv_format) is not Kind.CATEGORY:
            words[name] = used
    if words:
        every = tuple(dict.fromkeys(word for used in words.values() for word in used))
        is_text_elsewhere = any(word in cells for n, cells in columns.items() if n not in words for word in every)
        first = next(iter(words))
        count = sum(cell in every for cell in columns[first])
        evidence = f"in {count} of {len(columns[first])} rows of {first!r}, where the others are numbers or booleans"
        found.add("missing", words if is_text_elsewhere else every, evidence)


def _text(raw: bytes, name: str, found: Detected) -> str:
    try:
        return text_of(raw, name, CsvFormat())
    except DataCheckFailed:
        for encoding in ("utf-16", "cp1252", "latin-1"):
            if encoding == "utf-16" and not raw.startswith(_UTF_16):
                continue
            try:
                text = text_of(raw, name, CsvFormat(encoding=encoding))
            except DataCheckFailed:
                continue
            evidence = (
                "by its first two bytes" if encoding == "utf-16" else "it is not UTF-8; look at a name with accents"
            )
            found.add("encoding", encoding, evidence)
            return text
        raise


def _widths(text: str, delimiter: str) -> list[int]:
    reader = records(io.StringIO(text, newline=""), CsvFormat(delimiter=delimiter))
    try:
        return [len(row) for row in islice(filter(None, reader), _LINES)] or [1]
    except csv.Error:
        return [1]


def _share(widths: Sequence[int]) -> float:
    return max(widths.count(width) for width in set(widths)) / len(widths)


def _is_text(cells: Sequence[str], found: Detected) -> bool:
    return guess_kind(cells, found.csv_format) is Kind.CATEGORY


def _add_numbers(
    written: Sequence[tuple[str, NumberForm, int]], columns: Mapping[str, Sequence[str]], found: Detected
) -> None:
    """The keys that most columns agree on; a column that says otherwise is warned of in training."""
    clear = [form for _, form, _ in written if form is not EITHER]
    keys: dict[str, Any] = {}
    if clear:
        most = max(
            clear, key=lambda form: (sum(form.keys.items() <= other.keys.items() for other in clear), len(form.keys))
        )
        for form in [most, *clear]:
            merged = {**form.keys, **keys}
            if merged.get("thousands") != merged.get("decimal", "."):
                keys = merged
    doubt = ""
    if len(clear) < len(written) and "," not in keys.values():
        keys |= {"decimal": ","} if found.keys.get("delimiter") == ";" else {"thousands": ","}
        doubt = "; every value could be read either way, so look at what they mean"
    for key, value in keys.items():
        name, _, count = next(entry for entry in written if entry[1].keys.get(key) == value)
        present = sum(bool(cell) for cell in columns[name])
        found.add(key, value, f"by {count} of {present} values of {name!r}{doubt if value == ',' else ''}")
