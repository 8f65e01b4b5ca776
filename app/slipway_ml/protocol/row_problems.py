"""What is wrong with rows that were refused: the first problems in our own sentences, the rest counted, no value told.

A problem is worth telling while the list has room: some for a short request, at most MAX_PROBLEMS for a long one, and
no more bytes than the request itself had and a little. From then on they are counted, which costs more than reading
good rows does, so that ends as well: after a thousand rows, or some wrong values, nothing more of the request is read.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, filterfalse
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_ml.errors import InvalidRows, RowProblem
from slipway_ml.protocol.limits import MAX_PROBLEMS
from slipway_ml.protocol.row_schema import NOT_ACCEPTED
from slipway_ml.protocol.row_validator import Extra, list_of_lists, list_of_objects, list_rows, object_rows

_SPARE_BYTES = 640
"""What an answer may have over its request, less its head."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
_NO_WORD = re.compile(r"[\W_]+")
_FEW = 10
_BYTES_PER_PROBLEM = 512
_MOST_ROWS = 1000
_MOST_WRONG = 250
_AT_ONCE = 256
"""Values that are looked at together."""
_ROWS_AT_ONCE = 64
_LONGEST_KEY = 64
_FEWEST_SIGNS = 3
_MOST_NAMES = 2000
_EXPECTED = {
    Kind.NUMBER: "must be a finite number",
    Kind.INTEGER: "must be a whole number between -2^53 and 2^53",
    Kind.BOOLEAN: "must be true or false",
    Kind.CATEGORY: "must be a string",
}


def is_no_json(error: ValidationError) -> bool:
    """Whether this is all that a validator has to say."""
    if error.error_count() != 1:
        return False
    return error.errors(include_url=False, include_context=False, include_input=False)[0]["type"] == "json_invalid"


class RowChecker:
    """Says what is wrong with rows of one model; made when the first bad ones come."""

    def __init__(self, signature: Signature, extra: Extra = "forbid") -> None:
        self._extra = extra
        self.features = signature.features
        self._by_name = {feature.name: feature for feature in signature.features}
        self._signature = signature
        self.hints = _Hints([feature.name for feature in signature.features])

    @cached_property
    def object_row(self) -> SchemaValidator:
        return object_rows(self._signature, self._extra)

    @cached_property
    def list_row(self) -> SchemaValidator:
        return list_rows(self._signature)

    @cached_property
    def _objects(self) -> SchemaValidator:
        return list_of_objects(self._signature)

    @cached_property
    def _lists(self) -> SchemaValidator:
        return list_of_lists(self._signature)

    def misshapen(self, row: Any) -> str | None:
        """What is wrong with a row as a whole; rows that have it are not looked into."""
        width = len(self.features)
        if type(row) is list and len(row) != width:
            return f"must have {width} values, one per feature"
        return "has too many fields" if type(row) is dict and self._has_too_many(row) else None

    def _has_too_many(self, row: dict[str, Any]) -> bool:
        return self._extra == "forbid" and len(row) > len(self.features) + MAX_PROBLEMS

    def count(self, rows: list[Any], *, by_position: bool) -> tuple[int, int]:
        """How many problems these rows have together, and how many of them are wrong values, which take long."""
        width = len(self.features)
        if by_position:
            lists = [row for row in rows if type(row) is list and len(row) == width]
            wrong = _errors(self._lists, lists)
            return len(rows) - len(lists) + wrong, wrong
        fit = [row for row in rows if type(row) is dict and not self._has_too_many(row)]
        unknown = sum(1 for _ in filterfalse(self._by_name.__contains__, chain.from_iterable(fit)))
        given = sum(map(len, fit)) - unknown
        known = fit
        if unknown:
            known = [{key: row[key] for key in row if key in self._by_name} for row in fit]
        wrong = _errors(self._objects, [row for row in known if row])
        refused = unknown if self._extra == "forbid" else 0
        return len(rows) - len(fit) + refused + width * len(fit) - given + wrong, wrong

    def tell(self, row: int, detail: ErrorDetails) -> RowProblem:
        """One of a validator's errors in our words."""
        if not detail["loc"]:
            return RowProblem(row, None, "must be an object with the model's fields, or a list in their order")
        key = detail["loc"][0]
        feature = self.features[key] if isinstance(key, int) else self._by_name.get(key)
        if feature is None:
            return self._unknown_field(row, str(key))
        return RowProblem(row, feature.name, _sentence(detail, feature))

    def _unknown_field(self, row: int, key: str) -> RowProblem:
        close = self.hints.closest(key)
        hint = "" if close is None else f"; did you mean {close!r}?"
        # A key may be a misplaced value, so only what looks like a name is repeated.
        return RowProblem(row, key if _NAME.fullmatch(key) else None, f"is not a feature of the model{hint}")


class ProblemList:
    """The problems of one request. `size` is that of its body."""

    def __init__(self, checker: Callable[[], RowChecker], size: int) -> None:
        self._checker = checker
        self._room = size + _SPARE_BYTES
        # What is wrong with a body takes about as long to tell as a good one of its size takes to read.
        self._most = min(MAX_PROBLEMS, _FEW + size // _BYTES_PER_PROBLEM)
        self._listed: list[RowProblem] = []
        self.total = 0
        self._is_full = False
        self._rows = 0
        self._wrong = 0

    def check(self, rows: list[Any], first: int, *, by_position: bool) -> list[Any] | None:
        """The rows as their validator reads them, None where anything is wrong; the first of them is number `first`.

        Raises InvalidRows where there is so much wrong that it is not worth going on.
        """
        checker = self._checker()
        validator = checker.list_row if by_position else checker.object_row
        valid: list[Any] = []
        before = self.total
        for number, row in enumerate(rows):
            if self._is_full:
                self._count(checker, rows[number:], by_position=by_position)
                return None
            self._rows += self.total > 0
            misshapen = checker.misshapen(row)
            if misshapen is not None:
                self._add([RowProblem(first + number, None, misshapen)], 1)
                continue
            try:
                valid.append(validator.validate_python(row))
            except ValidationError as error:
                details = error.errors(include_url=False, include_context=False)
                self._add((checker.tell(first + number, detail) for detail in details), len(details))
        return valid if self.total == before else None

    def _count(self, checker: RowChecker, rows: list[Any], *, by_position: bool) -> None:
        kind = list if by_position else dict
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            filled = [row for row in some if type(row) is kind and row]
            hollow = len(some) - len(filled)
            if hollow:
                # Of rows that have nothing in them the first one tells how much is wrong with each of its kind.
                empty = sum(1 for row in some if type(row) is kind and not row)
                self.total += empty * checker.count([kind()], by_position=by_position)[0] + hollow - empty
                self._rows += hollow
            self._count_filled(checker, filled, by_position=by_position)
            if first + _ROWS_AT_ONCE < len(rows):
                self._stop_if_enough()

    def _count_filled(self, checker: RowChecker, rows: list[Any], *, by_position: bool) -> None:
        at_once = max(1, _AT_ONCE // len(checker.features))
        for first in range(0, len(rows), at_once):
            self._stop_if_enough()
            some = rows[first : first + at_once]
            total, wrong = checker.count(some, by_position=by_position)
            self.total += total
            self._wrong += wrong
            self._rows += len(some)

    def _stop_if_enough(self) -> None:
        if self._rows >= _MOST_ROWS or self._wrong >= _MOST_WRONG:
            raise InvalidRows(self._listed, self.total, is_all=False)

    def _add(self, problems: Sequence[RowProblem] | Iterator[RowProblem], count: int) -> None:
        self.total += count
        for problem in problems:
            size = len(orjson.dumps([problem.row, problem.field, problem.problem])) + len('"row":"field":"problem":,')
            self._room -= size
            if self._room < 0 or len(self._listed) == self._most:
                self._is_full = True
                return
            self._listed.append(problem)

    def refuse(self) -> None:
        """Raise InvalidRows where there was a problem."""
        if self.total:
            raise InvalidRows(self._listed, self.total)


def _errors(validator: SchemaValidator, rows: list[Any]) -> int:
    try:
        validator.validate_python(rows)
    except ValidationError as error:
        return error.error_count()
    return 0


class _Hints:
    """Which feature may have been meant by a key that is none: one that is spelled alike.

    Alike means the same but for case and what is no letter or digit, one sign more, less, or another, two exchanged, or
    only the beginning. All of it is looked up, since comparing a key with every name costs more than a good request.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names[:_MOST_NAMES]

    @cached_property
    def _spellings(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self._names:
            for spelling in _spellings(name):
                found.setdefault(spelling, name)
        return found

    @cached_property
    def _sorted(self) -> list[tuple[str, str]]:
        return sorted((_folded(name), name) for name in self._names)

    def closest(self, key: str) -> str | None:
        """The name, None where nothing is close."""
        if len(key) > _LONGEST_KEY or len(folded := _folded(key)) < _FEWEST_SIGNS:
            return None
        for spelling in _spellings(key):
            if spelling in self._spellings:
                return self._spellings[spelling]
        place = bisect_left(self._sorted, (folded, ""))
        if place < len(self._sorted) and self._sorted[place][0].startswith(folded):
            return self._sorted[place][1]
        return None


def _folded(name: str) -> str:
    return _NO_WORD.sub("", name.casefold())


def _spellings(name: str) -> list[str]:
    folded = _folded(name)
    if len(folded) <= _FEWEST_SIGNS:
        return [folded]
    return [folded, *(folded[:place] + folded[place + 1 :] for place in range(len(folded)))]


def _sentence(detail: ErrorDetails, feature: Feature) -> str:
    kind = detail["type"]
    if kind == "missing":
        return "is missing; send null for a missing value" if feature.nullable else "is missing"
    if not feature.nullable and (detail["input"] is None or kind == "string_too_short"):
        return "must not be missing: the model was trained without missing values here"
    if kind == "string_too_long":
        return f"must have at most {feature.character_limit} characters"
    if kind == "literal_error" and feature.categories:
        return f"must be one of the categories seen in training: {_listing(feature.categories)}"
    if kind in {"greater_than_equal", "less_than_equal", NOT_ACCEPTED}:
        return f"must be {feature.limits}: the model predicts no others"
    return _EXPECTED[feature.kind] + (" or null" if feature.nullable else "")


def _listing(categories: Sequence[str], limit: int = 10) -> str:
    more = f" and {len(categories) - limit} more" if len(categories) > limit else ""
    return ", ".join(categories[:limit]) + more
