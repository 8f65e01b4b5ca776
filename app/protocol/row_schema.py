"""A model's signature as pydantic types: what `/predict` validates with and what `/docs` shows.

Numbers are strict (no text, no booleans) and finite. Integers are checked as doubles, so 3 and 3.0 are both fine and
3.5 is not; what is off by a billionth is rounded. From 2**53 on a double cannot tell neighbours apart. The empty string
is how text says "missing".
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, FailFast, Field, StrictBool, StringConstraints, WithJsonSchema
from typing_extensions import TypedDict

from app.contract.signature import Feature, Kind, Signature

_EXACT = 2**53
_typed_dict: Any = TypedDict  # made at run time, which the type checker cannot follow


def object_request(signature: Signature, max_instances: int, *, is_complete: bool = True) -> Any:
    """Type of `{"instances": [{feature: value, …}, …]}`.

    `is_complete` off lets features be absent: pydantic copies a whole row for each one that is missing from it, which
    one wide row turns into gigabytes.
    """
    return _request(object_row(signature, is_complete=is_complete), max_instances)


def list_request(signature: Signature, max_instances: int) -> Any:
    """Type of `{"instances": [[value, …], …]}`, values in the order of the features."""
    return _request(list_row(signature), max_instances)


def object_row(signature: Signature, *, is_complete: bool = True) -> Any:
    """Type of one row as an object."""
    row = _typed_dict("Row", {f.name: _documented(f) for f in signature.features}, total=is_complete)
    row.__pydantic_config__ = ConfigDict(extra="forbid", json_schema_extra={"example": _example(signature)})
    return row


def list_row(signature: Signature) -> Any:
    """Type of one row as a list."""
    row: Any = tuple
    return row[tuple(_value_type(f) for f in signature.features)]


def _request(row: Any, max_instances: int) -> Any:
    # The first bad row ends it: the problems of all rows are collected elsewhere, in bounded memory.
    instances = Annotated[list[row], Field(min_length=1, max_length=max_instances), FailFast()]
    request = _typed_dict("PredictRequest", {"instances": instances})
    request.__pydantic_config__ = ConfigDict(extra="forbid")
    return request


def _documented(feature: Feature) -> Any:
    return Annotated[_value_type(feature), Field(description=_description(feature))]


def _value_type(feature: Feature) -> Any:
    value = _present_type(feature)
    return value | None if feature.nullable else value


def _present_type(feature: Feature) -> Any:
    if feature.kind is Kind.NUMBER:
        return Annotated[float, Field(strict=True, allow_inf_nan=False)]
    if feature.kind is Kind.INTEGER:
        return Annotated[
            float,
            Field(strict=True, allow_inf_nan=False, multiple_of=1, gt=-_EXACT, lt=_EXACT),
            WithJsonSchema({"type": "integer", "exclusiveMinimum": -_EXACT, "exclusiveMaximum": _EXACT}),
        ]
    if feature.kind is Kind.BOOLEAN:
        return StrictBool
    if feature.categories and feature.unseen_categories == "refused":
        return Literal[(*feature.categories, "")] if feature.nullable else Literal[feature.categories]
    text = StringConstraints(strict=True, min_length=0 if feature.nullable else 1)
    return Annotated[str, text]


def _description(feature: Feature) -> str:
    parts = ["Null where the value is missing."] if feature.nullable else []
    if feature.minimum is not None and feature.maximum is not None:
        parts.append(f"In training from {feature.minimum:g} to {feature.maximum:g}.")
    if feature.categories and feature.unseen_categories == "allowed":
        parts.append(f"In training: {', '.join(feature.categories)}.")
    return " ".join(parts)


def _example(signature: Signature) -> dict[str, Any]:
    return {feature.name: feature.example for feature in signature.features}
