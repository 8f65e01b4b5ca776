"""The schemas that OpenAPI documents share, under names that do not depend on what is served."""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "format": "int64", "minimum": 0}
_ANY: Schema = {}
_PARAMETERS: Schema = {
    "type": "object",
    "additionalProperties": True,
    "description": "Each value is text, a number or a boolean.",
}
NUMBER: Schema = {
    "type": ["number", "null"],
    "format": "double",
    "description": "null where the model's own arithmetic gives no number",
}
PROBABILITIES: Schema = {
    "type": "object",
    "additionalProperties": NUMBER,
    "description": "Probability of each label, by the label as text.",
}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: Schema, optional: Schema | None = None, description: str = "") -> Schema:
    """An object whose fields are these; responses may gain others."""
    described = {"description": description} if description else {}
    properties = {**required, **(optional or {})}
    return {"type": "object", **described, "required": list(required), "properties": properties}


def list_of(items: Schema, **limits: int) -> Schema:
    """A list of these; `limits` are JSON schema's own, such as `minItems`."""
    return {"type": "array", "items": items, **limits}


def _tensor(data: str) -> Schema:
    return record(
        {"name": _TEXT, "shape": list_of(_COUNT), "datatype": _TEXT},
        {"parameters": _PARAMETERS, "data": {**list_of(_ANY), "description": data}},
    )


_WARNINGS: Schema = {
    "warnings": {
        **list_of(ref("Warning")),
        "description": "Values that are unlike those of training and were predicted all the same: the first 100. "
        "Absent where there are none.",
    },
    "warnings_not_listed": {**_COUNT, "description": "How many more there are; there where 'warnings' is."},
}
"""Fields of a response to rows, and parameters of one to tensors."""


def predict_response(prediction: Schema) -> Schema:
    """The response of `/predict`, with one prediction per row."""
    return record(
        {"model": _TEXT, "version": _TEXT, "request_id": _TEXT, "predictions": list_of(prediction)}, _WARNINGS
    )


SHARED: dict[str, Schema] = {
    "ErrorResponse": record({"error": _TEXT}, description="What is wrong, in one sentence."),
    "InvalidRows": record(
        {"error": _TEXT, "problems": list_of(ref("RowProblem")), "problems_not_listed": _COUNT},
        description="Rows that break the model's schema: the first problems, and how many more there are.",
    ),
    "RowProblem": record(
        {
            "row": {"type": ["integer", "null"], "format": "int64", "description": "From 0; null: the whole request."},
            "field": {"type": ["string", "null"], "description": "The feature; null: the whole row."},
            "problem": _TEXT,
        }
    ),
    "Warning": record({"row": _COUNT, "feature": _TEXT, "problem": _TEXT}),
    "RequestInput": _tensor("Row-major, nested or flat; absent where bytes follow the JSON."),
    "RequestOutput": record({"name": _TEXT}, {"parameters": _PARAMETERS}),
    "ResponseOutput": _tensor("Row-major and flat; absent where bytes follow the JSON."),
    "InferenceRequest": record(
        {"inputs": list_of(ref("RequestInput"), minItems=1)},
        {"id": _TEXT, "parameters": _PARAMETERS, "outputs": list_of(ref("RequestOutput"), minItems=1)},
    ),
    "InferenceResponse": record(
        {"model_name": _TEXT, "model_version": _TEXT, "outputs": list_of(ref("ResponseOutput"))},
        {"id": _TEXT, "parameters": {**_PARAMETERS, "properties": _WARNINGS}},
    ),
    "V1Request": record(
        {},
        {
            "instances": {**list_of(_ANY), "description": "Rows, as objects or as lists."},
            "inputs": {"description": "Columns: one list of values per feature, by name or in order."},
            "signature_name": {**_TEXT, "description": "Ignored."},
        },
        "Either 'instances' or 'inputs'.",
    ),
    "V1Response": record(
        {},
        {
            "predictions": {**list_of(_ANY), "description": "One per row, for 'instances'."},
            "outputs": {"description": "Columns, for 'inputs'."},
            **_WARNINGS,
        },
    ),
    "Live": record({"live": _FLAG}, {"error": _TEXT}),
    "Ready": record({"ready": _FLAG}, {"error": _TEXT, "models": list_of({"type": "object"})}),
    "ModelReady": record({"name": _TEXT, "ready": _FLAG}),
    "ServerMetadata": record({"name": _TEXT, "version": _TEXT, "extensions": list_of(_TEXT)}),
    "TensorMetadata": record(
        {"name": _TEXT, "datatype": _TEXT, "shape": list_of({"type": "integer", "format": "int64"})},
        {"parameters": _PARAMETERS},
    ),
    "ModelMetadata": record(
        {
            "name": _TEXT,
            "versions": list_of(_TEXT),
            "platform": _TEXT,
            "inputs": list_of(ref("TensorMetadata")),
            "outputs": list_of(ref("TensorMetadata")),
        },
        {"parameters": _PARAMETERS},
    ),
    "ModelListing": record(
        {"name": _TEXT, "versions": list_of(_TEXT), "ready": _FLAG, "degraded": _FLAG, "generation": _COUNT},
        {"default_version": {"type": ["string", "null"]}},
    ),
    "ModelList": record({"models": list_of(ref("ModelListing"))}),
    "V1ModelList": record({"models": list_of(_TEXT)}),
    "IndexRequest": record({}, {"ready": _FLAG}),
    "IndexEntry": record({"name": _TEXT, "state": _TEXT, "reason": _TEXT}, {"version": _TEXT}),
    "ControlRequest": record({}, {"parameters": _PARAMETERS}),
}
"""Every document has those that it refers to."""

GENERIC: dict[str, Schema] = {
    "PredictRequest": {
        **record({"instances": {**list_of(_ANY, minItems=1), "description": "Rows, as objects or as lists."}}),
        "additionalProperties": False,
    },
    "Prediction": record({}, {"label": _ANY, "probabilities": PROBABILITIES, "value": _ANY}),
    "PredictResponse": predict_response(ref("Prediction")),
}
"""What stands for the rows and predictions of any model; a model's own document has its own under the same names."""

RESPONSES: dict[str, str] = {
    "server_metadata": "ServerMetadata",
    "models": "ModelList",
    "model_metadata": "ModelMetadata",
    "version_metadata": "ModelMetadata",
    "model_ready": "ModelReady",
    "version_ready": "ModelReady",
    "v1_models": "V1ModelList",
}
"""Operation → its response, for the routes that FastAPI serves."""
