"""DateParts: text of ISO 8601 becomes numbers that a model can learn from: a year, a month, a weekday.

A date is what has its digits in the order year, month, day, hour, minute, second; what comes after is not looked at.
Text that is no date becomes missing, as an empty cell does, so that a request with a typing mistake is treated like one
without the date. Everything is whole-number arithmetic in float64, which is exact, here and in ONNX.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

TOKENS = 6
"""Year, month, day, hour, minute, second."""

LOWEST = (1.0, 1.0, 1.0)
HIGHEST = (9999.0, 12.0, 31.0)
"""Of year, month and day; anything else is no date."""

_DIGITS = re.compile(r"[0-9]+")


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Text [rows, 1] becomes float64 [rows, parts], NaN where there is no date; nothing is learnt."""

    def __init__(self, parts: Sequence[str] = ("year", "month", "day", "weekday")) -> None:
        self.parts = parts

    def fit(self, rows: Any, _target: Any = None) -> "DateParts":
        """Learn nothing."""
        self.n_features_in_ = np.asarray(rows, dtype=object).reshape(len(rows), -1).shape[1]
        return self

    def transform(self, rows: Any) -> NDArray[np.float64]:
        """The parts, in the order asked for."""
        texts = np.asarray(rows, dtype=object).reshape(len(rows), -1)[:, 0]
        numbers = np.array([_tokens(text) for text in texts], dtype=np.float64).reshape(-1, TOKENS)
        date = numbers[:, :3]
        is_date = np.all((date >= LOWEST) & (date <= HIGHEST), axis=1, keepdims=True)
        year, month, day = (date[:, position] for position in range(3))
        days = days_since_1970(year, month, day)
        clock = np.nan_to_num(numbers[:, 3:])
        found = {
            "year": year,
            "month": month,
            "day": day,
            "weekday": days + 3 - 7 * np.floor((days + 3) / 7),
            "day_of_year": days - days_since_1970(year, np.ones_like(year), np.ones_like(year)) + 1,
            "hour": clock[:, 0],
            "minute": clock[:, 1],
            "days": days,
        }
        return np.where(is_date, np.column_stack([found[part] for part in self.parts]), np.nan)

    def get_feature_names_out(self, names: Any = None) -> NDArray[Any]:
        """The column's name and the part's."""
        column = "date" if names is None else str(names[0])
        return np.array([f"{column}_{part}" for part in self.parts], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True


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


def _tokens(text: Any) -> list[float]:
    found = [float(digits) for digits in _DIGITS.findall(str(text))[:TOKENS]]
    return found + [np.nan] * (TOKENS - len(found))
