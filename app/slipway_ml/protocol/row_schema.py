"""A model's signature as pydantic types: what `/docs` shows, and of what `row_validator` is made.

Numbers are strict (no text, no booleans) and finite. Integers are checked as doubles, so 3 and 3.0 are both fine and
3.5 is not; what is off by a billionth is rounded. From 2**53 on a double cannot tell neighbours apart. The empty string
is how text says "missing".
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StringConstraints, WithJsonSchema
from typing_extensions import TypedDict

from slipway_ml.contract.signature import Feature, Kind, Signature

_EXACT = 2**53
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
    return Annotated[value_type(*kind_of(feature)), Field(description=_description(feature))]


def kind_of(feature: Feature) -> tuple[Kind, bool, tuple[str, ...] | None, int | None]:
    """What the type of its values depends on.

    The kind, whether it is nullable, the categories if no others are accepted, and the most characters of text.
    """
    is_closed = feature.categories and feature.unseen_categories == "refused"
    return feature.kind, feature.nullable, feature.categories if is_closed else None, feature.character_limit


def value_type(kind: Kind, nullable: bool, categories: tuple[str, ...] | None, max_characters: int | None) -> Any:
    """Type of the values of every feature of this kind."""
    value = _present_type(kind, nullable, categories, max_characters)
    return value | None if nullable else value


def _present_type(kind: Kind, nullable: bool, categories: tuple[str, ...] | None, max_characters: int | None) -> Any:
    if kind is Kind.NUMBER:
        return Annotated[float, Field(strict=True, allow_inf_nan=False)]
    if kind is Kind.INTEGER:
        return Annotated[
            float,
            Field(strict=True, allow_inf_nan=False, multiple_of=1, gt=-_EXACT, lt=_EXACT),
            WithJsonSchema({"type": "integer", "exclusiveMinimum": -_EXACT, "exclusiveMaximum": _EXACT}),
        ]
    if kind is Kind.BOOLEAN:
        return StrictBool
    if categories is not None:
        return Literal[(*categories, "")] if nullable else Literal[categories]
    text = StringConstraints(strict=True, min_length=0 if nullable else 1, max_length=max_characters)
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
