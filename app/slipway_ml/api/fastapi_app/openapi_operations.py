"""What OpenAPI says about the hot routes, whose bodies FastAPI never sees."""

from typing import Any

from slipway_ml.api.fastapi_app.openapi_schemas import Schema, list_of, ref

_ERRORS = {
    "400": "Not JSON, or not the protocol.",
    "401": "A key is needed, or the one sent is not valid.",
    "403": "The key is not for this route or model.",
    "404": "No such model or version.",
    "413": "Over a limit.",
    "415": "Multipart, or an unsupported compression.",
    "422": "Rows that break the model's schema; every problem is listed.",
    "429": "The key is used too often; try again after Retry-After seconds.",
    "503": "Loading or overloaded; try again after Retry-After seconds.",
    "504": "The response was not ready within the deadline.",
}
_INVALID_ROWS = "422"


def predict_operation() -> dict[str, Any]:
    """Predictions for rows."""
    return {
        "requestBody": json_body(ref("PredictRequest")),
        "responses": {"200": json_response("One prediction per row.", ref("PredictResponse")), **error_responses()},
    }


def infer_operation() -> dict[str, Any]:
    """Inference on tensors, as JSON or as bytes after it."""
    length = {
        "name": "Inference-Header-Content-Length",
        "in": "header",
        "description": "Length of the JSON in bytes where the bytes of tensors follow it; 0 for one tensor alone.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0},
    }
    body = json_body(ref("InferenceRequest"))
    octets = {"schema": {"type": "string", "format": "binary"}}
    body["content"]["application/octet-stream"] = octets
    answers = json_response("The outputs.", ref("InferenceResponse"))
    answers["content"]["application/octet-stream"] = octets
    errors = error_responses(without=_INVALID_ROWS)
    return {"parameters": [length], "requestBody": body, "responses": {"200": answers, **errors}}


def v1_operation() -> dict[str, Any]:
    """Rows or columns of TensorFlow Serving and KServe v1 clients."""
    return {
        "requestBody": json_body(ref("V1Request")),
        "responses": {"200": json_response("The answer.", ref("V1Response")), **error_responses()},
    }


def index_operation() -> dict[str, Any]:
    """The repository's index."""
    return {
        "requestBody": {**json_body(ref("IndexRequest")), "required": False},
        "responses": {"200": json_response("One entry per version.", list_of(ref("IndexEntry"))), **_some_errors()},
    }


def control_operation() -> dict[str, Any]:
    """Load and unload."""
    return {
        "requestBody": {**json_body(ref("ControlRequest")), "required": False},
        "responses": {
            "200": {"description": "Done."},
            **_some_errors(),
            "403": json_response(
                "The models folder alone decides what is served, or the key does not allow this.", ref("ErrorResponse")
            ),
        },
    }


def live_operation() -> dict[str, Any]:
    """Liveness."""
    return {
        "security": [],
        "responses": {
            "200": json_response("It does.", ref("Live")),
            "503": json_response("Only a new process can serve again.", ref("Live")),
        },
    }


def ready_operation() -> dict[str, Any]:
    """Readiness, and on request what it is made of."""
    verbose = {
        "name": "verbose",
        "in": "query",
        "allowEmptyValue": True,
        "description": "Also list the models and what they run on; only where no key is asked for.",
        "schema": {"type": "string"},
    }
    answers = {
        "200": json_response("They are.", ref("Ready")),
        "503": json_response("Not yet, or no longer.", ref("Ready")),
    }
    return {"security": [], "parameters": [verbose], "responses": answers}


def _some_errors() -> dict[str, Any]:
    return {status: answer for status, answer in error_responses(without=_INVALID_ROWS).items() if status != "415"}


def json_body(schema: Schema, example: Any = None) -> dict[str, Any]:
    """A request body of this schema."""
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"required": True, "content": {"application/json": content}}


def json_response(description: str, schema: Schema) -> dict[str, Any]:
    """A response of this schema."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def error_responses(without: str = "") -> dict[str, Any]:
    """The responses of every hot route that are errors, but one."""
    return {
        status: json_response(description, ref("InvalidRows" if status == _INVALID_ROWS else "ErrorResponse"))
        for status, description in _ERRORS.items()
        if status != without
    }
