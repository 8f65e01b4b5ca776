"""Inference requests and responses of the Open Inference Protocol in JSON: bytes ⇄ messages.

Shapes are checked in Python integers before numpy sees them: numpy wraps products and takes -1 as "work it out".
"""

from math import prod
from typing import Any

import orjson

from app.contract.tensors import Datatype
from app.errors import MalformedRequest, RequestTooLarge
from app.protocol.json_values import flatten, parse, shown, to_array
from app.protocol.limits import MAX_DIMENSION, MAX_NAME_CHARACTERS, MAX_RANK, ContentLimits
from app.protocol.messages import InferenceRequest, InferenceResponse, NamedTensor

_DATATYPES = {str(datatype): datatype for datatype in Datatype}
_NUMPY = orjson.OPT_SERIALIZE_NUMPY


def decode_request(body: bytes, limits: ContentLimits) -> InferenceRequest:
    """Read a request; raises MalformedRequest or RequestTooLarge with one sentence that quotes no values."""
    document = parse(body)
    if type(document) is not dict:
        raise MalformedRequest("the body must be a JSON object with 'inputs'")
    inputs = document.get("inputs")
    if type(inputs) is not list or not inputs:
        raise MalformedRequest("'inputs' must be a list of at least one input")
    if len(inputs) > limits.inputs:
        raise RequestTooLarge(f"more than {limits.inputs} inputs")
    _check_parameters("the request", document.get("parameters"))
    return InferenceRequest(
        [_decode_input(item, limits) for item in inputs],
        _output_names(document.get("outputs"), limits),
        _request_id(document.get("id")),
    )


def _decode_input(item: Any, limits: ContentLimits) -> NamedTensor:
    name = _name(item, "input")
    datatype = _DATATYPES.get(item["datatype"]) if type(item.get("datatype")) is str else None
    if datatype is None:
        raise MalformedRequest(f"input {shown(name)}: 'datatype' must be one of {', '.join(_DATATYPES)}")
    shape = _shape(name, item.get("shape"), limits)
    if "parameters" in item:
        _check_parameters(f"input {shown(name)}", item["parameters"])
    data = item.get("data")
    if type(data) is not list:
        raise MalformedRequest(f"input {shown(name)}: 'data' must be a list")
    values = flatten(name, data)
    if len(values) != prod(shape):
        raise MalformedRequest(
            f"input {shown(name)}: 'data' has {len(values)} elements, 'shape' asks for {prod(shape)}"
        )
    return NamedTensor(name, datatype, to_array(name, datatype, values).reshape(shape))


def _name(item: Any, what: str) -> str:
    name = item.get("name") if type(item) is dict else None
    if type(name) is not str or not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise MalformedRequest(f"each {what} must be an object with a 'name' of 1 to {MAX_NAME_CHARACTERS} characters")
    return name


def _shape(name: str, shape: Any, limits: ContentLimits) -> list[int]:
    if type(shape) is not list or len(shape) > MAX_RANK:
        raise MalformedRequest(f"input {shown(name)}: 'shape' must be a list of at most {MAX_RANK} integers")
    for size in shape:
        if type(size) is not int or not 0 <= size <= MAX_DIMENSION:
            raise MalformedRequest(f"input {shown(name)}: 'shape' must hold integers from 0 to {MAX_DIMENSION}")
    if prod(shape) > limits.elements:
        raise RequestTooLarge(f"input {shown(name)}: more than {limits.elements} elements")
    return shape


def _output_names(outputs: Any, limits: ContentLimits) -> list[str] | None:
    if outputs is None:
        return None
    if type(outputs) is not list:
        raise MalformedRequest("'outputs' must be a list")
    if len(outputs) > limits.inputs:
        raise RequestTooLarge(f"more than {limits.inputs} outputs")
    names = [_name(item, "output") for item in outputs]
    for name, item in zip(names, outputs, strict=True):
        _check_parameters(f"output {shown(name)}", item.get("parameters"))
        if (item.get("parameters") or {}).get("binary_data"):
            raise MalformedRequest(f"output {shown(name)}: binary outputs are not offered; ask without 'binary_data'")
    return names or None


def _request_id(value: Any) -> str | None:
    if value is not None and (type(value) is not str or len(value) > MAX_NAME_CHARACTERS):
        raise MalformedRequest(f"'id' must be a string of at most {MAX_NAME_CHARACTERS} characters")
    return value


def _check_parameters(where: str, parameters: Any) -> None:
    if parameters is None:
        return
    if type(parameters) is not dict or not set(map(type, parameters.values())) <= {str, int, float, bool}:
        raise MalformedRequest(f"{where}: 'parameters' must be an object of strings, numbers and booleans")


def encode_response(response: InferenceResponse) -> bytes:
    """Write a response; NaN and infinities become null."""
    document: dict[str, Any] = {"model_name": response.model_name, "model_version": response.model_version}
    if response.id is not None:
        document["id"] = response.id
    document["outputs"] = [_encode_output(output) for output in response.outputs]
    return orjson.dumps(document, option=_NUMPY)


def _encode_output(output: NamedTensor) -> dict[str, Any]:
    flat = output.data.reshape(-1)
    return {
        "name": output.name,
        "datatype": output.datatype,
        "shape": output.data.shape,
        "data": flat.tolist() if flat.dtype.hasobject else flat,
    }
