"""DateParts: text becomes numbers that a model can learn from: a year, a month, a weekday.

A date has the form of its order, as `slipway_ml.contract.dates` has it. A time that ends in an offset, such as +02:00,
is moved to UTC, so that one moment has the same parts however it is written; one without an offset is taken for UTC.
Text of another form becomes missing, as an empty cell does, and never another date. Everything is whole-number
arithmetic in float64, which is exact, here and in ONNX.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from slipway_ml.contract.dates import OFFSET, PATTERNS, DateOrder

TOKENS = 6
"""Year, month, day, hour, minute, second."""

LOWEST = (1.0, 1.0, 1.0)
HIGHEST = (9999.0, 12.0, 31.0)
"""Of year, month and day; anything else is no date."""

TIME_WITH_OFFSET = "[Tt :][0-9.,]+ ?" + OFFSET
"""At the end of the text. What stands before the sign tells an offset from the day or month of a date."""

_DIGITS = re.compile(r"[0-9]+")
_WITH_OFFSET = re.compile(TIME_WITH_OFFSET + r"\Z")
_OFFSET = re.compile(OFFSET + r"\Z")
_DAY = 1440.0


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Text [rows, 1] becomes float64 [rows, parts], NaN where there is no date; nothing is learned.

    With `zone` "as_written" offsets are not looked at, and the parts are those of the clock that was looked at.
    """

    def __init__(
        self,
        parts: Sequence[str] = ("year", "month", "day", "weekday"),
        zone: Literal["utc", "as_written"] = "utc",
        order: DateOrder = "ymd",
    ) -> None:
        self.parts = parts
        self.zone = zone
        self.order = order

    def fit(self, rows: Any, _target: Any = None) -> "DateParts":
        """Learn nothing."""
        self.n_features_in_ = np.asarray(rows, dtype=object).reshape(len(rows), -1).shape[1]
        return self

    def transform(self, rows: Any) -> NDArray[np.float64]:
        """The parts, in the order asked for."""
        texts = np.asarray(rows, dtype=object).reshape(len(rows), -1)[:, 0]
        pattern = re.compile(PATTERNS[self.order])
        numbers = np.array(
            [_tokens(text if pattern.fullmatch(str(text)) else "") for text in texts], dtype=np.float64
        ).reshape(-1, TOKENS)
        date = numbers[:, places(self.order)]
        is_date = np.all((date >= LOWEST) & (date <= HIGHEST), axis=1, keepdims=True)
        year, month, day = (date[:, position] for position in range(3))
        days = days_since_1970(year, month, day)
        is_date &= (day <= days_of_month(year, month))[:, None]
        clock = np.where(np.isnan(numbers[:, 3:]), 0.0, numbers[:, 3:])
        hour, minute = clock[:, 0], clock[:, 1]
        if self.zone == "utc":
            at = 60 * hour + minute - np.array([_minutes_ahead(str(text)) for text in texts], dtype=np.float64)
            days, hour, minute = _on_the_clock(days, at)
            year, month, day = date_of(days)
        found = {
            "year": year,
            "month": month,
            "day": day,
            "weekday": days + 3 - 7 * np.floor((days + 3) / 7),
            "day_of_year": days - days_since_1970(year, np.ones_like(year), np.ones_like(year)) + 1,
            "hour": hour,
            "minute": minute,
            "days": days,
        }
        return np.where(is_date, np.column_stack([found[part] for part in self.parts]), np.nan)

    def get_feature_names_out(self, names: Any = None) -> NDArray[Any]:
        """The column's name and the part's."""
        column = "date" if names is None else str(names[0])
        return np.array([f"{column}_{part}" for part in self.parts], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def places(order: DateOrder) -> list[int]:
    """Where year, month and day stand among the numbers of a date."""
    return [order.index(part) for part in "ymd"]


def days_of_month(year: NDArray[np.float64], month: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many days a month has, from the first of it to the first of the next."""
    is_last = month >= 12  # noqa: PLR2004  # December
    one = np.ones_like(year)
    after = days_since_1970(np.where(is_last, year + 1, year), np.where(is_last, 1, month + 1), one)
    return after - days_since_1970(year, month, one)


def days_since_1970(
    year: NDArray[np.float64], month: NDArray[np.float64], day: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Days between 1970-01-01 and a date of the Gregorian calendar.

    Years begin in March, so that the leap day comes last; a month then begins (153 m + 2) / 5 days into its year, after
    "Calendrical Calculations" by Reingold and Dershowitz.
    """
    is_early = month <= 2  # noqa: PLR2004  # January and February belong to the year before
    march_year = np.where(is_early, year - 1, year)
    march_month = np.where(is_early, month + 9, month - 3)
    leap_days = np.floor(march_year / 4) - np.floor(march_year / 100) + np.floor(march_year / 400)
    days: NDArray[np.float64] = 365 * march_year + leap_days + np.floor((153 * march_month + 2) / 5) + day - 719469
    return days


def date_of(days: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Year, month and day, so many days after 1970-01-01; the other way round, by the same counting from March.

    Of the days of 400 years those that leap years add are taken out, so that every year has 365; after "Calendrical
    Calculations" too.
    """
    since = days + 719468
    era = np.floor(since / 146097)
    day = since - 146097 * era
    year = np.floor((day - np.floor(day / 1460) + np.floor(day / 36524) - np.floor(day / 146096)) / 365)
    day = day - (365 * year + (np.floor(year / 4) - np.floor(year / 100)))
    march_month = np.floor((5 * day + 2) / 153)
    is_early = march_month >= 10  # noqa: PLR2004  # January and February
    month = np.where(is_early, march_month - 9, march_month + 3)
    whole_year = year + 400 * era
    day_of_month = day - np.floor((153 * march_month + 2) / 5) + 1
    return np.where(is_early, whole_year + 1, whole_year), month, day_of_month


def _on_the_clock(
    days: NDArray[np.float64], minutes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Day, hour and minute, so many minutes, also negative ones, after the days began."""
    with np.errstate(invalid="ignore"):  # hours of hundreds of digits are infinite
        later = np.floor(minutes / _DAY)
        left = minutes - _DAY * later
        hour = np.floor(left / 60)
        return days + later, hour, left - 60 * hour


def _minutes_ahead(text: str) -> float:
    """By how much a clock with the offset is ahead of UTC; 0 without one."""
    found = _WITH_OFFSET.search(text)
    if found is None:
        return 0.0
    offset = _OFFSET.findall(found[0])[0]
    hours, minutes = float(offset[1:3]), float(offset[3:].lstrip(":") or 0)
    return (-1 if offset[0] == "-" else 1) * (60 * hours + minutes)


def _tokens(text: Any) -> list[float]:
    found = [float(digits) for digits in _DIGITS.findall(str(text))[:TOKENS]]
    return found + [np.nan] * (TOKENS - len(found))
