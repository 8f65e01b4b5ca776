"""The slow way for rows that were refused: every problem in our own sentences, and never the value."""

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

from app.contract.signature import Feature, Kind, Signature
from app.errors import InvalidRows, MalformedRequest, RequestTooLarge, RowProblem
from app.protocol.limits import MAX_PROBLEMS, ContentLimits

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
_EXPECTED = {
    Kind.NUMBER: "must be a finite number",
    Kind.INTEGER: "must be a whole number between -2^53 and 2^53",
    Kind.BOOLEAN: "must be true or false",
    Kind.CATEGORY: "must be a string",
}


def read_rows(body: bytes, error: ValidationError | KeyError, limits: ContentLimits) -> list[Any]:
    """The rows of a refused body, bare NaN read as null; raises MalformedRequest or RequestTooLarge without rows."""
    if isinstance(error, ValidationError) and _is_no_json(error):
        raise MalformedRequest("the body is not valid JSON")
    try:
        document = json.loads(body, parse_constant=lambda name: None if name == "NaN" else float(name))
    except (ValueError, RecursionError):
        raise MalformedRequest("the body is not valid JSON") from None
    rows = document.get("instances") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(rows, list) or not rows:
        raise MalformedRequest('the body must be {"instances": [row, …]} with at least one row and nothing else')
    if len(rows) > limits.instances:
        raise RequestTooLarge(f"more than {limits.instances} instances")
    return rows


def _is_no_json(error: ValidationError) -> bool:
    return error.error_count() == 1 and error.errors(include_url=False)[0]["type"] == "json_invalid"


def validate_rows(rows: list[Any], validator: SchemaValidator, signature: Signature) -> list[Any]:
    """The rows as their validator reads them; raises InvalidRows.

    One row at a time, and words only for the problems that are listed: a small body may hold millions.
    """
    valid: list[Any] = []
    problems: list[RowProblem] = []
    total = 0
    for number, row in enumerate(rows):
        misshapen = _misshapen(row, len(signature.features))
        if misshapen is not None:
            total += 1
            if len(problems) < MAX_PROBLEMS:
                problems.append(RowProblem(number, None, misshapen))
            continue
        try:
            valid.append(validator.validate_python(row))
        except ValidationError as error:
            total += error.error_count()
            if len(problems) < MAX_PROBLEMS:
                details = error.errors(include_url=False, include_context=False)
                problems += [_problem(number, detail, signature) for detail in details]
    if total:
        raise InvalidRows(problems[:MAX_PROBLEMS], total)
    return valid


def _misshapen(row: Any, features: int) -> str | None:
    if isinstance(row, list) and len(row) != features:
        return f"must have {features} values, one per feature"
    if isinstance(row, dict) and len(row) > features + MAX_PROBLEMS:
        return "has too many fields"
    return None


def _problem(row: int, detail: ErrorDetails, signature: Signature) -> RowProblem:
    if not detail["loc"]:
        return RowProblem(row, None, "must be an object with the model's fields, or a list in their order")
    feature = _feature(detail["loc"][0], signature.features)
    if feature is None:
        return _unknown_field(row, str(detail["loc"][0]), signature.features)
    return RowProblem(row, feature.name, _sentence(detail, feature))


def _unknown_field(row: int, key: str, features: Sequence[Feature]) -> RowProblem:
    close = get_close_matches(key, [feature.name for feature in features], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    # A key may be a misplaced value, so only what looks like a name is repeated.
    return RowProblem(row, key if _NAME.fullmatch(key) else None, f"is not a feature of the model{hint}")


def _feature(key: int | str, features: Sequence[Feature]) -> Feature | None:
    if isinstance(key, int):
        return features[key]
    return next((feature for feature in features if feature.name == key), None)


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
    return _EXPECTED[feature.kind] + (" or null" if feature.nullable else "")


def _listing(categories: Sequence[str], limit: int = 10) -> str:
    more = f" and {len(categories) - limit} more" if len(categories) > limit else ""
    return ", ".join(categories[:limit]) + more
