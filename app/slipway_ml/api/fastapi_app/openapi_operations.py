"""What OpenAPI says about the hot routes, whose bodies FastAPI never sees."""

from typing import Any

_ERRORS = {
    "400": "Not JSON, or not the protocol.",
    "401": "A key is needed, or the one sent is not valid.",
    "403": "The key is not for this route or model.",
    "404": "No such model or version.",
    "413": "Over a limit.",
    "415": "Multipart, or an unsupported compression.",
    "422": "Rows that break the model's schema; every problem is listed.",
    "503": "Loading or overloaded; try again after Retry-After seconds.",
    "504": "The response was not ready within the deadline.",
}
_TEXT = {"type": "string"}
WARNINGS = {
    "warnings": {
        "type": "array",
        "description": "Values that are unlike those of training and were predicted all the same: the first 100. "
        "Absent where there are none.",
        "items": {
            "type": "object",
            "required": ["row", "feature", "problem"],
            "properties": {"row": {"type": "integer"}, "feature": _TEXT, "problem": _TEXT},
        },
    },
    "warnings_not_listed": {"type": "integer", "description": "How many more there are; there where 'warnings' is."},
}
"""Members of a response to rows, and parameters of one to tensors."""
_PARAMETERS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


def infer_operation() -> dict[str, Any]:
    """Inference on tensors, as JSON or as bytes after it."""
    request = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": _TEXT,
            "parameters": _PARAMETERS,
            "inputs": _list_of(_tensor("Row-major, nested or flat; absent where bytes follow the JSON.")),
            "outputs": _list_of(
                {"type": "object", "required": ["name"], "properties": {"name": _TEXT, "parameters": _PARAMETERS}}
            ),
        },
    }
    answer = {
        "type": "object",
        "properties": {
            "model_name": _TEXT,
            "model_version": _TEXT,
            "id": _TEXT,
            "parameters": {**_PARAMETERS, "properties": WARNINGS},
            "outputs": _list_of(_tensor("Row-major and flat; absent where bytes follow the JSON.")),
        },
    }
    length = {
        "name": "Inference-Header-Content-Length",
        "in": "header",
        "description": "Length of the JSON in bytes where the bytes of tensors follow it; 0 for one tensor alone.",
        "schema": {"type": "integer", "minimum": 0},
    }
    body = json_body(request)
    octets = {"schema": {"type": "string", "format": "binary"}}
    body["content"]["application/octet-stream"] = octets
    answers = json_response("The outputs.", answer)
    answers["content"]["application/octet-stream"] = octets
    errors = error_responses(without="422")
    return {"parameters": [length], "requestBody": body, "responses": {"200": answers, **errors}}


def v1_operation() -> dict[str, Any]:
    """Rows or columns of TensorFlow Serving and KServe v1 clients."""
    request = {
        "type": "object",
        "properties": {
            "instances": {"type": "array", "items": {}, "description": "Rows, as objects or as lists."},
            "inputs": {"description": "Columns: one list of values per feature.", "type": ["object", "array"]},
            "signature_name": {**_TEXT, "description": "Ignored."},
        },
    }
    answer = {
        "type": "object",
        "properties": {
            "predictions": {"type": "array", "items": {}, "description": "One per row, for 'instances'."},
            "outputs": {"description": "Columns, for 'inputs'."},
            **WARNINGS,
        },
    }
    return {
        "requestBody": json_body(request),
        "responses": {"200": json_response("The answer.", answer), **error_responses()},
    }


def index_operation() -> dict[str, Any]:
    """The repository's index."""
    row = {"type": "object", "properties": dict.fromkeys(("name", "version", "state", "reason"), _TEXT)}
    request = {"type": "object", "properties": {"ready": {"type": "boolean"}}}
    return {
        "requestBody": {**json_body(request), "required": False},
        "responses": {
            "200": json_response("One entry per version.", {"type": "array", "items": row}),
            **_some_errors(),
        },
    }


def control_operation() -> dict[str, Any]:
    """Load and unload."""
    request = {"type": "object", "properties": {"parameters": _PARAMETERS}}
    return {
        "requestBody": {**json_body(request), "required": False},
        "responses": {
            "200": {"description": "Done."},
            **_some_errors(),
            "403": _error("The models folder alone decides what is served, or the key does not allow this."),
        },
    }


def live_operation() -> dict[str, Any]:
    """Liveness."""
    answer = {"type": "object", "properties": {"live": {"type": "boolean"}}}
    return {"responses": {"200": json_response("It does.", answer)}}


def ready_operation() -> dict[str, Any]:
    """Readiness, and on request what it is made of."""
    verbose = {
        "name": "verbose",
        "in": "query",
        "allowEmptyValue": True,
        "description": "Also list the models and what they run on; only where no key is asked for.",
        "schema": _TEXT,
    }
    models = {"type": "array", "items": {"type": "object"}}
    answer = {"type": "object", "properties": {"ready": {"type": "boolean"}, "error": _TEXT, "models": models}}
    answers = {"200": json_response("They are.", answer), "503": json_response("Not yet, or no longer.", answer)}
    return {"parameters": [verbose], "responses": answers}


def _some_errors() -> dict[str, Any]:
    return {status: answer for status, answer in error_responses(without="422").items() if status != "415"}


def _tensor(data: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["name", "shape", "datatype"],
        "properties": {
            "name": _TEXT,
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "datatype": _TEXT,
            "parameters": _PARAMETERS,
            "data": {"type": "array", "items": {}, "description": data},
        },
    }


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def json_body(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """A request body of this schema."""
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"required": True, "content": {"application/json": content}}


def json_response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A response of this schema."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def error_responses(without: str = "") -> dict[str, Any]:
    """The responses of every hot route that are errors, but one."""
    return {status: _error(description) for status, description in _ERRORS.items() if status != without}


def _error(description: str) -> dict[str, Any]:
    schema = {"type": "object", "required": ["error"], "properties": {"error": _TEXT}}
    return json_response(description, schema)
