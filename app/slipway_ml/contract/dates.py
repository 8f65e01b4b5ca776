"""The forms in which a column writes its dates: the same in training, in a graph and in requests.

A form is an order of year, month and day. The year has four digits and the parts are divided, so that no date of one
order can be taken for one of another that puts the year elsewhere.
"""

import re
from datetime import date
from typing import Literal

DateOrder = Literal["ymd", "dmy", "mdy"]

EXAMPLES: dict[DateOrder, str] = {"ymd": "2026-01-31", "dmy": "31.01.2026", "mdy": "01/31/2026"}

OFFSET = "[+-][0-9]{2}(?::?[0-9]{2})?"

_YEAR, _PART, _BETWEEN = "[0-9]{4}", "[0-9]{1,2}", "[-/.]"
_CLOCK = "(?:[01]?[0-9]|2[0-3])(?::?[0-5][0-9](?::?[0-5][0-9](?:[.,][0-9]{1,9})?)?)?"
_TIME = f"(?:[Tt ]{_CLOCK} ?(?:[Zz]|{OFFSET})?)?"

PATTERNS: dict[DateOrder, str] = {
    order: _BETWEEN.join(_YEAR if part == "y" else _PART for part in order) + _TIME for order in EXAMPLES
}
"""A date of each order, with a time or without, from its first character to its last, as Python and RE2 have it."""

_COMPILED = {order: re.compile(pattern) for order, pattern in PATTERNS.items()}
_DIGITS = re.compile("[0-9]+")


def is_date(text: str, order: DateOrder) -> bool:
    """Whether the text is a day of the calendar in this form."""
    if _COMPILED[order].fullmatch(text) is None:
        return False
    digits = dict(zip(order, map(int, _DIGITS.findall(text)[:3]), strict=True))
    try:
        date(digits["y"], digits["m"], digits["d"])
    except ValueError:
        return False
    return True
