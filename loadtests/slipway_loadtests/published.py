"""What a service publishes about its models, read as any client could read it.

`/v2/models` names the models, `/v2/models/{name}` their tensors, `/openapi.json?model={name}` the fields of a row with
types, categories, whether they may be null, and a row that works. The range a number had in training is not part of a
JSON schema, so it is taken from the field's description; without one, values are drawn around the example.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import get_json

Value = float | int | bool | str | None
Row = dict[str, Value]

_NUMBER = r"-?[\d.]+(?:e[-+]?\d+)?"
_RANGE = re.compile(rf"In training from ({_NUMBER}) to ({_NUMBER})\.")
_SEEN = re.compile(r"In training: (.+)\.$")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row: its kind, and the values that are worth sending."""

    name: str
    kind: Literal["number", "integer", "boolean", "string"]
    nullable: bool
    example: Value
    low: float
    high: float
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TensorInput:
    """One input of the graph; `width` is how many fields of a row it takes."""

    name: str
    datatype: str
    width: int


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """One model; `labels` is None for a regression; some classifiers return the label alone."""

    name: str
    fields: tuple[Field, ...]
    inputs: tuple[TensorInput, ...]
    labels: tuple[Value, ...] | None
    has_probabilities: bool = True

    @property
    def is_numeric(self) -> bool:
        """Whether a row is numbers only, none of which may be missing."""
        return all(field.kind == "number" and not field.nullable for field in self.fields)


def read_models(url: str, only: str = "") -> list[PublishedModel]:
    """Every model that is served at `url`, or `only` this one, which is all that a key for one model may ask about.

    Raises CannotRun when there is none or the service does not say enough.
    """
    names = [only] if only else [model["name"] for model in get_json(f"{url}/v2/models")["models"] if model["ready"]]
    if not names:
        raise CannotRun(f"the service at {url} serves no model")
    return [_model(name, get_json(f"{url}/v2/models/{name}"), _read_openapi(url, name)) for name in names]


def _read_openapi(url: str, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = get_json(f"{url}/openapi.json?model={name}")
    except CannotRun:
        raise CannotRun(f"the service at {url} does not publish /openapi.json; start it with --docs on") from None
    return found


def _model(name: str, metadata: dict[str, Any], openapi: dict[str, Any]) -> PublishedModel:
    content = openapi["paths"][f"/predict/{name}"]["post"]["requestBody"]["content"]["application/json"]
    schemas = openapi["components"]["schemas"]
    example = content["example"]["instances"][0]
    prediction = schemas["Prediction"]["properties"]
    label = prediction.get("label")
    return PublishedModel(
        name,
        tuple(_field(field, schema, example.get(field)) for field, schema in schemas["Row"]["properties"].items()),
        tuple(TensorInput(item["name"], item["datatype"], item["shape"][1]) for item in metadata["inputs"]),
        tuple(label["enum"] if "enum" in label else label["examples"]) if label else None,
        has_probabilities="probabilities" in prediction,
    )


def _field(name: str, schema: dict[str, Any], example: Value) -> Field:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    low, high = _bounds(schema.get("description", ""), example)
    return Field(
        name=name,
        kind=kinds[0],
        nullable="null" in kinds,
        example=example,
        low=low,
        high=high,
        choices=_choices(schema, example),
    )


def _bounds(description: str, example: Value) -> tuple[float, float]:
    seen = _RANGE.search(description)
    if seen:
        return float(seen[1]), float(seen[2])
    centre = float(example) if isinstance(example, int | float) else 0.0
    reach = max(1.0, abs(centre))
    return centre - reach, centre + reach


def _choices(schema: dict[str, Any], example: Value) -> tuple[str, ...]:
    if "enum" in schema or "const" in schema:
        return tuple(choice for choice in schema.get("enum", [schema.get("const")]) if choice is not None)
    seen = _SEEN.search(schema.get("description", ""))
    return tuple(seen[1].split(", ")) if seen else (str(example or "any"),)
