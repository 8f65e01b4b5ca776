"""The OpenAPI document of the service: the same whatever is served, so it does not grow with the models."""

import re
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from slipway_ml.api.fastapi_app.openapi_operations import (
    control_operation,
    error_responses,
    index_operation,
    infer_operation,
    json_response,
    live_operation,
    predict_operation,
    ready_operation,
    v1_operation,
)
from slipway_ml.api.fastapi_app.openapi_schemas import GENERIC, RESPONSES, SHARED, ref
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

_PROTOCOL = "Open Inference Protocol"
_KEYS = {"bearer": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}


class _HandledByGuard(Exception):
    """FastAPI was called for a hot route, which the guard handles: our bug."""


def declare_hot_routes(app: FastAPI) -> None:
    """Declare the hot routes to FastAPI from their rows in the table, for OpenAPI only: the guard handles them."""

    async def handled_by_guard() -> Response:
        raise _HandledByGuard

    rows = ("Predictions for rows", predict_operation())
    inference = ("Inference on tensors", infer_operation())
    prediction = ("Predictions for rows or columns", v1_operation())
    live = ("Whether the process responds", live_operation())
    ready = ("Whether every desired model is served", ready_operation())
    for operation_id, route, tag, (summary, operation) in (
        ("predict", PREDICT, "predict", rows),
        ("predict_version", PREDICT_VERSION, "predict", rows),
        ("infer", INFER, _PROTOCOL, inference),
        ("infer_version", INFER_VERSION, _PROTOCOL, inference),
        ("v1_predict", V1_PREDICT, "v1", prediction),
        ("v1_predict_version", V1_PREDICT_VERSION, "v1", prediction),
        ("load", LOAD, _PROTOCOL, ("Load a model in this process", control_operation())),
        ("unload", UNLOAD, _PROTOCOL, ("Unload a model in this process", control_operation())),
        ("index", INDEX, _PROTOCOL, ("Versions and their states", index_operation())),
        ("live", LIVE, "health", live),
        ("v2_live", V2_LIVE, "health", live),
        ("ready", READY, "health", ready),
        ("v2_ready", V2_READY, "health", ready),
    ):
        app.add_api_route(
            route.template,
            handled_by_guard,
            methods=sorted(route.methods - {"HEAD"}),
            operation_id=operation_id,
            summary=summary,
            tags=[tag],
            openapi_extra=operation,
        )


def build(app: FastAPI, *, has_keys: bool = False) -> dict[str, Any]:
    """The document of every route, for any model; `has_keys` says that callers need one."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for path, operations in document["paths"].items():
        _name_the_parameters(path, operations)
        _describe_responses(path, operations)
    document["components"] = {"schemas": {**SHARED, **GENERIC}}
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


def _describe_responses(path: str, operations: dict[str, Any]) -> None:
    """What FastAPI's routes respond, and how those of a model may fail; the metrics are text."""
    of_models = {status: answer for status, answer in error_responses().items() if status in {"404", "503"}}
    for operation in operations.values():
        answers = operation["responses"]
        schema = RESPONSES.get(operation["operationId"])
        if schema is not None:
            answers = {**answers, "200": json_response("Successful Response", ref(schema))}
        if path == "/metrics":
            answers["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
        operation["responses"] = {**of_models, **answers} if "{model_name}" in path else answers
