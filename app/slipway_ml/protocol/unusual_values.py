"""Unusual values of a run, and how a response tells those of one request: rows, features and problems, never a value.

A response without any is not touched, so that it has the bytes it always had.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from slipway_ml.errors import InvalidRows, MalformedRequest, RowProblem
from slipway_ml.protocol.limits import MAX_PROBLEMS


class Unlike(StrEnum):
    """In what way a value is unlike those of training."""

    UNKNOWN_CATEGORY = "unknown_category"
    FAR_NUMBER = "far_number"
    DATE_FORM = "date_form"


@dataclass(frozen=True, slots=True)
class UnusualColumn:
    """Where one feature is unusual: `rows` in ascending order; `tell` says what is wrong with one of them."""

    feature: str
    unlike: Unlike
    is_refused: bool
    rows: NDArray[np.int64]
    tell: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Listed:
    """The first problems by row, then by feature, and how many there are in all."""

    problems: tuple[RowProblem, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class UnusualValues:
    """Those of one request; its rows count from 0."""

    warned: Listed
    refused: Listed
    counts: Mapping[str, int] = field(default_factory=dict)

    def as_invalid_rows(self, size: int | None = None) -> InvalidRows:
        """The refusal of a request that came as rows, in so many bytes."""
        error = InvalidRows(self.refused.problems, self.refused.total)
        error.most_bytes = size
        return error

    def as_malformed(self, noun: str) -> MalformedRequest:
        """The refusal of a request that came as tensors, which tells the first problem; `noun` is what a feature is."""
        first = self.refused.problems[0]
        return MalformedRequest(f"{noun} {first.field!r}, row {first.row}: {first.problem}")

    def as_document(self) -> dict[str, Any]:
        """What a response says of the values that it predicted for all the same."""
        listed = self.warned.problems
        return {
            "warnings": [{"row": one.row, "feature": one.field, "problem": one.problem} for one in listed],
            "warnings_not_listed": self.warned.total - len(listed),
        }

    def after(self, body: bytes | bytearray) -> bytes:
        """A JSON object with the warnings as its last members."""
        return b"".join([memoryview(body)[:-1], b",", memoryview(orjson.dumps(self.as_document()))[1:]])


class UnusualRun:
    """Those of a run, whose rows belong to several requests."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Sequence[UnusualColumn]) -> None:
        self._columns = columns

    def within(self, start: int, stop: int) -> UnusualValues | None:
        """Those of the rows from `start` to `stop`, None where there are none."""
        found = [(column, np.searchsorted(column.rows, (start, stop)).tolist()) for column in self._columns]
        counts = Counter[str]()
        for column, (first, last) in found:
            counts[column.unlike] += last - first
        if not counts.total():
            return None
        warned, refused = (
            _listed([(column, place) for column, place in found if column.is_refused is is_refused], start)
            for is_refused in (False, True)
        )
        return UnusualValues(warned, refused, counts)


def _listed(found: list[tuple[UnusualColumn, list[int]]], start: int) -> Listed:
    places = sorted(
        (row, number)
        for number, (column, (first, last)) in enumerate(found)
        for row in column.rows[first : min(last, first + MAX_PROBLEMS)].tolist()
    )
    problems = [
        RowProblem(row - start, found[number][0].feature, found[number][0].tell(row))
        for row, number in places[:MAX_PROBLEMS]
    ]
    return Listed(tuple(problems), sum(last - first for _, (first, last) in found))
