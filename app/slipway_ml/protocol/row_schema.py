"""A model's signature as pydantic types: what `/docs` shows, and of what `row_validator` is made.

Numbers are strict (no text, no booleans) and finite. Integers are checked as doubles, so 3 and 3.0 are both fine and
3.5 is not; what is off by a billionth is rounded. From 2**53 on a double cannot tell neighbours apart. The empty string
is how text says "missing".
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from slipway_ml.contract.signature import Feature, Kind, Signature

_EXACT = 2**53
NOT_ACCEPTED = "number_not_accepted"
"""The type of the problem that a number is none of those that a feature accepts."""
_typed_dict: Any = TypedDict  # made at run time, which the type checker cannot follow


def object_request(signature: Signature, max_instances: int, extra: Literal["forbid", "ignore"] = "forbid") -> Any:
    """Type of `{"instances": [{feature: value, …}, …]}`, with what people want to know of each feature."""
    row: Any = _typed_dict("Row", {feature.name: _documented(feature) for feature in signature.features})
    row.__pydantic_config__ = ConfigDict(extra=extra, json_schema_extra={"example": _example(signature)})
    request = _typed_dict(
        "PredictRequest", {"instances": Annotated[list[row], Field(min_length=1, max_length=max_instances)]}
    )
    request.__pydantic_config__ = ConfigDict(extra="forbid")
    return request


def _documented(feature: Feature) -> Any:
    return Annotated[value_type(kind_of(feature)), Field(description=_description(feature))]


class ValueKind(NamedTuple):
    """What the type of a feature's values depends on.

    `categories` are there if no others are accepted, and `max_characters` for text.
    """

    kind: Kind
    nullable: bool
    categories: tuple[str, ...] | None
    max_characters: int | None
    at_least: float | None
    at_most: float | None
    accepted: tuple[float, ...] | None


def kind_of(feature: Feature) -> ValueKind:
    """What the type of its values depends on."""
    is_closed = feature.categories and feature.unseen_categories == "refused"
    categories = feature.categories if is_closed else None
    limits = (feature.at_least, feature.at_most, feature.accepted)
    return ValueKind(feature.kind, feature.nullable, categories, feature.character_limit, *limits)


def value_type(value: ValueKind) -> Any:
    """Type of the values of every feature of this kind."""
    present = _present_type(value)
    return present | None if value.nullable else present


def _present_type(value: ValueKind) -> Any:
    only: Any = () if value.accepted is None else (AfterValidator(_among(frozenset(value.accepted))),)
    if value.kind is Kind.NUMBER:
        return Annotated[float, Field(strict=True, allow_inf_nan=False, ge=value.at_least, le=value.at_most), *only]
    if value.kind is Kind.INTEGER:
        documented: dict[str, Any] = {"type": "integer", "exclusiveMinimum": -_EXACT, "exclusiveMaximum": _EXACT}
        limits = (("minimum", value.at_least), ("maximum", value.at_most))
        documented |= {name: bound for name, bound in limits if bound is not None}
        return Annotated[
            float,
            Field(strict=True, allow_inf_nan=False, multiple_of=1, gt=-_EXACT, lt=_EXACT),
            Field(ge=value.at_least, le=value.at_most),
            *only,
            WithJsonSchema(documented),
        ]
    if value.kind is Kind.BOOLEAN:
        return StrictBool
    if value.categories is not None:
        return Literal[(*value.categories, "")] if value.nullable else Literal[value.categories]
    text = StringConstraints(strict=True, min_length=0 if value.nullable else 1, max_length=value.max_characters)
    return Annotated[str, text]


def _among(accepted: frozenset[float]) -> Callable[[float], float]:
    def check(number: float) -> float:
        if number not in accepted:
            raise PydanticCustomError(NOT_ACCEPTED, "not one of the numbers that are accepted")
        return number

    return check


def _description(feature: Feature) -> str:
    parts = ["Null where the value is missing."] if feature.nullable else []
    if feature.limits:
        parts.append(f"Must be {feature.limits}.")
    if feature.minimum is not None and feature.maximum is not None:
        parts.append(f"In training from {feature.minimum:g} to {feature.maximum:g}.")
    if feature.categories and feature.unseen_categories == "allowed":
        parts.append(f"In training: {', '.join(feature.categories)}.")
    return " ".join(parts)


def _example(signature: Signature) -> dict[str, Any]:
    return {feature.name: feature.example for feature in signature.features}
