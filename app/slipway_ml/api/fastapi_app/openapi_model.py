"""The OpenAPI document of one model: its own rows and predictions in place of those of any model.

Its schemas and operations are called the same for every model, so that a client's code does not depend on what else is
served, and a client made for one model reads like that of another.
"""

from typing import Any
from urllib.parse import quote

from slipway_ml.api.fastapi_app.openapi_operations import json_body
from slipway_ml.api.fastapi_app.openapi_schemas import NUMBER, PROBABILITIES, Schema, predict_response, record, ref
from slipway_ml.contract.signature import Label, Signature
from slipway_ml.front.routes import LIVE, LOAD, PREDICT, PREDICT_VERSION, READY, UNLOAD
from slipway_ml.serving.servable import Servable

_MODEL = "{model_name}"
_ABOUT_THE_PROCESS = frozenset({LOAD.template, UNLOAD.template})
_FORMATS = {"integer": "int64", "number": "double"}
"""Without a format, generated clients take 32 bits for whole numbers, and decimal arithmetic for others."""


def build(generic: dict[str, Any], servable: Servable) -> dict[str, Any]:
    """The document for callers of one model, typed by this version of it; `generic` is the service's own."""
    name = quote(servable.name)
    paths = {
        path.replace(_MODEL, name): {method: _without_model(one) for method, one in operations.items()}
        for path, operations in generic["paths"].items()
        if (_MODEL in path and path not in _ABOUT_THE_PROCESS) or path in {LIVE.template, READY.template}
    }
    example = {"instances": [servable.manifest.golden_rows.rows[0].row]}
    for route in (PREDICT, PREDICT_VERSION):
        operation = paths[route.template.replace(_MODEL, name)]["post"]
        operation["requestBody"] = json_body(ref("PredictRequest"), example)
    schemas = generic["components"]["schemas"] | _row_schemas(servable)
    components = {**generic["components"], "schemas": _reachable(schemas, paths)}
    info = {
        "title": f"Slipway: {servable.name}",
        "version": servable.version,
        "description": f"Predictions of {servable.name}; rows and predictions are those of version {servable.version}.",
    }
    return {**generic, "info": info, "paths": paths, "components": components}


def _without_model(operation: dict[str, Any]) -> dict[str, Any]:
    """A copy for one model, whose name stands in the path."""
    parameters = [one for one in operation.get("parameters", []) if one["name"] != "model_name"]
    without = {key: value for key, value in operation.items() if key != "parameters"}
    return {**without, "parameters": parameters} if parameters else without


def _row_schemas(servable: Servable) -> dict[str, Schema]:
    request = servable.rows.request_schema()
    row = request.pop("$defs")["Row"]
    request["properties"]["instances"]["items"] = ref("Row")
    prediction = _prediction(servable.signature)
    return {
        "Row": _for_generators(row),
        "PredictRequest": _for_generators(request),
        "Prediction": prediction,
        "PredictResponse": predict_response(ref("Prediction")),
    }


def _for_generators(schema: Schema) -> Schema:
    """The same without titles, which generators take for names of classes, and with formats of numbers."""
    properties = {name: _property(one) for name, one in schema.get("properties", {}).items()}
    return {key: value for key, value in schema.items() if key != "title"} | {"properties": properties}


def _property(schema: Schema) -> Schema:
    described = {key: value for key, value in schema.items() if key not in {"title", "anyOf"}}
    branches = schema.get("anyOf", [])
    for branch in branches:  # one type, or null
        if branch.get("type") != "null":
            described |= branch | {"type": [branch["type"], "null"]}
            if "enum" in branch:
                described["enum"] = [*branch["enum"], None]
    kind = described.get("type")
    name = kind[0] if isinstance(kind, list) else kind
    return described | ({"format": _FORMATS[name]} if name in _FORMATS else {})


def _prediction(signature: Signature) -> Schema:
    if signature.labels is None:
        targets = signature.targets
        return record({"value": record(dict.fromkeys(targets, NUMBER)) if targets else NUMBER})
    label = _label(signature.labels)
    return record({"label": label, "probabilities": PROBABILITIES} if signature.has_probabilities else {"label": label})


def _label(labels: tuple[Label, ...]) -> Schema:
    if isinstance(labels[0], str):
        return {"type": "string", "enum": list(labels)}
    # No enumeration, whose members generators would call NUMBER_0 and so on.
    kind = {"type": "boolean"} if isinstance(labels[0], bool) else {"type": "integer", "format": "int64"}
    return {**kind, "description": "One of the examples.", "examples": list(labels)}


def _reachable(schemas: dict[str, Schema], paths: dict[str, Any]) -> dict[str, Schema]:
    """The schemas that the paths refer to, and those that these refer to."""
    found: dict[str, Schema] = {}
    waiting = sorted(_names(paths))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = schemas[name]
            waiting += sorted(_names(schemas[name]))
    return dict(sorted(found.items()))


def _names(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(_names, part.values()))
    return set().union(*map(_names, part)) if isinstance(part, list) else set()
