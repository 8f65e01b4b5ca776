"""Other ways to write numbers: what a column of text may be that is no numbers in the format that was named.

A group of three digits after a comma is a thousand to some and a fraction to others; such cells alone prove neither.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway_ml.contract.csv_format import KNOWN_MISSING, CsvFormat

SHARE = 0.9
"""Of the cells that must be numbers in a form before it is suspected."""

_FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a decimal comma", {"decimal": ","}),
    ("commas between thousands", {"thousands": ","}),
    ("a decimal comma and points between thousands", {"decimal": ",", "thousands": "."}),
    ("spaces between thousands", {"thousands": " "}),
    ("a decimal comma and spaces between thousands", {"decimal": ",", "thousands": " "}),
    ("apostrophes between thousands", {"thousands": "'"}),
    ("a per cent sign", {"percent": True}),
    ("a decimal comma and a per cent sign", {"decimal": ",", "percent": True}),
)


@dataclass(frozen=True, slots=True)
class NumberForm:
    """A way to write numbers: in words, as keys of a config, and as the pattern of a whole cell."""

    words: str
    keys: Mapping[str, Any]
    pattern: str

    @property
    def remedy(self) -> str:
        """What to write."""
        written = {True: "true"}
        joint = " or " if self is EITHER else " and "
        return joint.join(f"{key} = {written.get(value) or repr(value)}" for key, value in self.keys.items())


FORMS = tuple(NumberForm(words, keys, CsvFormat.model_validate(keys).number_pattern) for words, keys in _FORMS)
"""The simplest first."""

EITHER = NumberForm("a decimal comma, or commas between thousands", {"decimal": ",", "thousands": ","}, "")
"""What a column is whose values all have three digits after a comma: only a person knows which of the two."""

PLAIN = CsvFormat().number_pattern


def form_of(cells: Iterable[str]) -> tuple[NumberForm, int] | None:
    """The simplest form in which nearly all cells are numbers that are none as they stand, and how many are."""
    present = [cell for cell in cells if cell and cell not in KNOWN_MISSING]
    counts = [sum(re.fullmatch(form.pattern, cell) is not None for cell in present) for form in FORMS]
    plain = sum(re.fullmatch(PLAIN, cell) is not None for cell in present)
    return best(counts, plain, len(present))


def best(counts: Sequence[int], plain: int, present: int) -> tuple[NumberForm, int] | None:
    """The form that most cells have, the simpler one of two; None where numbers of the usual form explain as many."""
    found = [(count, -place) for place, count in enumerate(counts) if count > plain and count >= SHARE * present]
    if not present or not found:
        return None
    count, place = max(found)
    is_either = place == 0 and counts[1] == count
    return (EITHER if is_either else FORMS[-place]), count
