"""pydantic's findings as our own sentences: which row, which field, what is wrong, and never the value."""

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.contract.signature import Feature, Kind, Signature
from app.errors import MalformedRequest, RowProblem
from app.protocol.limits import MAX_PROBLEMS

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_ .-]{0,63}$")
_EXPECTED = {
    Kind.NUMBER: "must be a finite number",
    Kind.INTEGER: "must be a whole number between -2^53 and 2^53",
    Kind.BOOLEAN: "must be true or false",
    Kind.CATEGORY: "must be a string",
}


def parse_with_missing(body: bytes, error: ValidationError) -> Any | None:
    """The body with bare NaN read as null, or None where there is no bare NaN to make a difference."""
    if not any(detail["type"] == "finite_number" for detail in error.errors(include_url=False)) or b"NaN" not in body:
        return None
    document = json.loads(body, parse_constant=lambda name: None if name == "NaN" else float(name))
    try:
        orjson.dumps(document)
    except TypeError:
        raise MalformedRequest("the body is not valid JSON") from None
    return document


def problems_of(error: ValidationError, signature: Signature) -> tuple[list[RowProblem], int]:
    """The first problems and the count of all; raises MalformedRequest when the body is not even the right object."""
    details = error.errors(include_url=False, include_context=False)
    for detail in details:
        _refuse_what_has_no_rows(detail)
    problems = list(dict.fromkeys(_problem(detail, signature) for detail in details))
    return problems[:MAX_PROBLEMS], len(problems)


def _refuse_what_has_no_rows(detail: ErrorDetails) -> None:
    if detail["type"] == "json_invalid":
        raise MalformedRequest("the body is not valid JSON")
    if not detail["loc"] or len(detail["loc"]) == 1:
        raise MalformedRequest('the body must be {"instances": [row, …]} with at least one row and nothing else')


def _problem(detail: ErrorDetails, signature: Signature) -> RowProblem:
    _, row, *path = detail["loc"]
    number = row if isinstance(row, int) else None
    if not path and detail["type"] == "too_long":
        return RowProblem(number, None, f"must have {len(signature.features)} values, one per feature")
    if not path:
        return RowProblem(number, None, "must be an object with the model's fields, or a list in their order")
    feature = _feature(path[0], signature.features)
    if feature is None:
        return _unknown_field(number, path[0], signature.features)
    return RowProblem(number, feature.name, _sentence(detail, feature))


def _unknown_field(row: int | None, key: int | str, features: Sequence[Feature]) -> RowProblem:
    if isinstance(key, int):
        return RowProblem(row, None, "has too many values")
    close = get_close_matches(key, [feature.name for feature in features], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    # A key may be a misplaced value, so only what looks like a name is repeated.
    return RowProblem(row, key if _NAME.match(key) else None, f"is not a feature of the model{hint}")


def _feature(key: int | str, features: Sequence[Feature]) -> Feature | None:
    if isinstance(key, int):
        return features[key] if key < len(features) else None
    return next((feature for feature in features if feature.name == key), None)


def _sentence(detail: ErrorDetails, feature: Feature) -> str:
    kind = detail["type"]
    if kind == "missing":
        return "is missing; send null for a missing value" if feature.nullable else "is missing"
    is_null = detail["input"] is None or detail["input"] != detail["input"]  # NaN differs from itself
    if not feature.nullable and (is_null or kind == "string_too_short"):
        return "must not be missing: the model was trained without missing values here"
    if kind == "literal_error" and feature.categories:
        return f"must be one of the categories seen in training: {_listing(feature.categories)}"
    return _EXPECTED[feature.kind] + (" or null" if feature.nullable else "")


def _listing(categories: Sequence[str], limit: int = 10) -> str:
    more = f" and {len(categories) - limit} more" if len(categories) > limit else ""
    return ", ".join(categories[:limit]) + more
