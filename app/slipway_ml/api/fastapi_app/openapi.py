"""OpenAPI made from what is served: one concrete, typed path per model in place of the template."""

import re
from typing import Any

import orjson
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from slipway_ml.api.fastapi_app.openapi_operations import (
    WARNINGS,
    control_operation,
    error_responses,
    index_operation,
    infer_operation,
    json_body,
    json_response,
    live_operation,
    ready_operation,
    v1_operation,
)
from slipway_ml.front.routes import (
    INDEX,
    INFER,
    INFER_VERSION,
    LIVE,
    LOAD,
    PREDICT,
    PREDICT_VERSION,
    READY,
    UNLOAD,
    V1_PREDICT,
    V1_PREDICT_VERSION,
    V2_LIVE,
    V2_READY,
)
from slipway_ml.serving.model_table import ModelTable
from slipway_ml.serving.servable import Servable

_PROTOCOL = "Open Inference Protocol"
_KEYS = {"bearer": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}


_FASTAPI_ERRORS = frozenset({"HTTPValidationError", "ValidationError"})
_NUMBER = {"type": ["number", "null"], "description": "null where the model's own arithmetic gives no number"}


class _HandledByGuard(Exception):
    """FastAPI was called for a hot route, which the guard handles: our bug."""


def declare_hot_routes(app: FastAPI) -> None:
    """Declare the hot routes to FastAPI from their rows in the table, for OpenAPI only: the guard handles them."""

    async def handled_by_guard() -> Response:
        raise _HandledByGuard

    inference = ("Inference on tensors", infer_operation())
    prediction = ("Predictions for rows or columns", v1_operation())
    live = ("Whether the process responds", live_operation())
    ready = ("Whether every desired model is served", ready_operation())
    for route, tag, (summary, operation) in (
        (INFER, _PROTOCOL, inference),
        (INFER_VERSION, _PROTOCOL, inference),
        (PREDICT, "predict", (None, None)),
        (PREDICT_VERSION, "predict", (None, None)),
        (V1_PREDICT, "v1", prediction),
        (V1_PREDICT_VERSION, "v1", prediction),
        (LOAD, _PROTOCOL, ("Load a model in this process", control_operation())),
        (UNLOAD, _PROTOCOL, ("Unload a model in this process", control_operation())),
        (INDEX, _PROTOCOL, ("Versions and their states", index_operation())),
        (LIVE, "health", live),
        (V2_LIVE, "health", live),
        (READY, "health", ready),
        (V2_READY, "health", ready),
    ):
        app.add_api_route(
            route.template,
            handled_by_guard,
            methods=sorted(route.methods - {"HEAD"}),
            summary=summary,
            tags=[tag],
            openapi_extra=operation,
        )


def build(app: FastAPI, table: ModelTable, *, has_keys: bool = False) -> dict[str, Any]:
    """The document for the models that are served now; `has_keys` says that callers need one."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for route in (PREDICT, PREDICT_VERSION):
        document["paths"].pop(route.template, None)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    typed: dict[str, Any] = {}
    for model in table.models.values():
        if model.default is not None:
            servable = model.versions[model.default]
            path = PREDICT.template.replace("{model_name}", model.name)
            typed[path] = {"post": _predict_operation(servable, schemas)}
    for path, operations in document["paths"].items():
        _name_the_parameters(path, operations)
        _tell_the_errors(path, operations)
    document["components"]["schemas"] = {k: v for k, v in schemas.items() if k not in _FASTAPI_ERRORS}
    document["paths"] = {**typed, **document["paths"]}
    if has_keys:
        document["components"]["securitySchemes"] = _KEYS
        document["security"] = [{name: []} for name in _KEYS]
    return document


def _name_the_parameters(path: str, operations: dict[str, Any]) -> None:
    """Those in the path, which FastAPI does not know: routes take them as they are."""
    names = re.findall(r"\{(\w+)\}", path)
    own = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    for operation in operations.values():
        if own:
            operation["parameters"] = [*own, *operation.get("parameters", [])]


def _tell_the_errors(path: str, operations: dict[str, Any]) -> None:
    """The responses that every route of a model may have, where it does not say so itself; the metrics are text."""
    of_models = {status: answer for status, answer in error_responses().items() if status in {"404", "503"}}
    for operation in operations.values():
        answers = operation["responses"]
        if "{model_name}" in path:
            operation["responses"] = {**of_models, **answers}
        if path == "/metrics":
            answers["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}


def _predict_operation(servable: Servable, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = servable.rows.request_schema()
    row_name = f"{servable.name}_row"
    schemas[row_name] = schema.pop("$defs")["Row"] | {"title": row_name}
    schema["properties"]["instances"]["items"] = {"$ref": f"#/components/schemas/{row_name}"}
    return {
        "tags": ["predict"],
        "summary": f"Predict with {servable.name}, version {servable.version}",
        "operationId": f"predict_{servable.name}",
        "requestBody": json_body(schema, {"instances": [servable.manifest.golden_rows.rows[0].row]}),
        "responses": {
            "200": json_response("One prediction per row.", _prediction_schema(servable)),
            **error_responses(),
        },
    }


def _prediction_schema(servable: Servable) -> dict[str, Any]:
    labels = servable.signature.labels
    targets = servable.signature.targets
    if labels is None:
        value = {"type": "object", "properties": dict.fromkeys(targets, _NUMBER)} if targets else _NUMBER
        prediction: dict[str, Any] = {"type": "object", "properties": {"value": value}}
    elif not servable.signature.has_probabilities:
        prediction = {"type": "object", "properties": {"label": {"enum": list(labels)}}}
    else:
        keys = [label if isinstance(label, str) else orjson.dumps(label).decode() for label in labels]
        probabilities = {"type": "object", "properties": dict.fromkeys(keys, _NUMBER)}
        prediction = {"type": "object", "properties": {"label": {"enum": list(labels)}, "probabilities": probabilities}}
    text = {"type": "string"}
    listed = {"type": "array", "items": prediction}
    return {
        "type": "object",
        "properties": {"model": text, "version": text, "request_id": text, "predictions": listed, **WARNINGS},
    }
