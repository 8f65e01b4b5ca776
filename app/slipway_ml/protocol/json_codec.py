"""Inference requests and responses of the Open Inference Protocol in JSON: bytes ⇄ messages.

Shapes are checked in Python integers before numpy sees them: numpy wraps products and takes -1 as "work it out".
"""

from math import prod
from typing import Any

import numpy as np
import orjson

from slipway_ml.contract.tensors import Datatype, Tensor
from slipway_ml.errors import MalformedRequest, RequestTooLarge
from slipway_ml.protocol.binary_values import Tail
from slipway_ml.protocol.json_values import (
    PiecedData,
    check_count,
    flatten,
    misnested,
    narrow,
    parse,
    refuse_deep,
    shown,
    to_array,
)
from slipway_ml.protocol.limits import MAX_DIMENSION, MAX_NAME_CHARACTERS, MAX_RANK, ContentLimits
from slipway_ml.protocol.messages import (
    NO_PARAMETERS,
    InferenceRequest,
    InferenceResponse,
    NamedTensor,
    RequestedOutput,
)
from slipway_ml.protocol.number_reader import NumberReader
from slipway_ml.protocol.parameters import read_binary_size, read_output, read_request_parameters

DATATYPES = {str(datatype): datatype for datatype in Datatype}
"""By what requests call them."""
_REQUEST_KEYS = frozenset({"id", "parameters", "inputs", "outputs"})
_INPUT_KEYS = frozenset({"name", "shape", "datatype", "parameters", "data"})
_SCALARS = frozenset({bool, int, float, str})
_WORTH_A_READER = 2048
"""Bytes from which on a reader of numbers is faster."""
_NUMPY = orjson.OPT_SERIALIZE_NUMPY


def decode_request(body: bytes, limits: ContentLimits, reader: NumberReader | None = None) -> InferenceRequest:
    """Read a request; raises MalformedRequest or RequestTooLarge with one sentence that quotes no values."""
    document, has_booleans = read_document(body, reader)
    return read_request(document, limits, None, has_booleans=has_booleans)


def read_document(body: bytes, reader: NumberReader | None) -> tuple[Any, bool]:
    """The parsed JSON, and whether there may be booleans in it; raises MalformedRequest.

    Where there is a `reader`, it reads the numbers of larger bodies, which says the same in a fraction of the time.
    """
    if reader is not None and len(body) > _WORTH_A_READER:
        document = reader.read(body)
        if document is not None:
            return document, False
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = parse(body)  # which tolerates more, and says what is wrong
    # Looking at the text costs less than at the type of each value.
    return document, b"true" in body or b"false" in body


def read_request(
    document: Any, limits: ContentLimits, tail: Tail | None, *, has_booleans: bool = True
) -> InferenceRequest:
    """A request from its parsed JSON; inputs that are not in there are taken from the bytes after it, the `tail`.

    An input's `data` is a list, or an array of 64-bit numbers of the kind that its datatype says, all of them finite.
    `has_booleans` off says that there are none in the document, so that nobody need look.
    """
    if type(document) is not dict:
        raise MalformedRequest("the body must be a JSON object with 'inputs'")
    if not _REQUEST_KEYS.issuperset(document):
        _refuse_deep_extras(document, _REQUEST_KEYS, 1)
    inputs = document.get("inputs")
    if type(inputs) is not list or not inputs:
        raise MalformedRequest("'inputs' must be a list of at least one input")
    if len(inputs) > limits.inputs:
        raise RequestTooLarge(f"more than {limits.inputs} inputs")
    parameters = read_request_parameters(document["parameters"]) if "parameters" in document else NO_PARAMETERS
    outputs = document.get("outputs")
    return InferenceRequest(
        [_decode_input(item, limits, tail, has_booleans) for item in inputs],
        None if outputs is None else _outputs(outputs, limits, parameters.binary_outputs),
        _request_id(document.get("id")),
        parameters,
    )


def _refuse_deep_extras(found: dict[str, Any], known: frozenset[str], depth: int) -> None:
    """Keys that nobody reads may be there, but not as a way to nest without end."""
    for key in found.keys() - known:
        refuse_deep(found[key], depth)


def _decode_input(item: Any, limits: ContentLimits, tail: Tail | None, has_booleans: bool) -> NamedTensor:
    name = _name(item, "input")
    if not _INPUT_KEYS.issuperset(item):
        _refuse_deep_extras(item, _INPUT_KEYS, 3)
    wanted = item.get("datatype")
    datatype = DATATYPES.get(wanted) if type(wanted) is str else None
    if datatype is None:
        raise MalformedRequest(f"input {shown(name)}: 'datatype' must be one of {', '.join(DATATYPES)}")
    shape, count = read_shape(name, item.get("shape"), limits)
    data = item.get("data")
    if "parameters" in item:
        size = read_binary_size(name, item["parameters"])
        if size is not None:
            return NamedTensor(name, datatype, _from_tail(name, datatype, shape, size, data, tail))
    if type(data) is PiecedData:
        return NamedTensor(name, datatype, data.tensor(name, count).reshape(shape), data.is_finite)
    if type(data) is np.ndarray:
        check_count(name, len(data), count)
        return NamedTensor(name, datatype, narrow(name, datatype, data).reshape(shape), is_finite=True)
    if type(data) is not list:
        if shape or type(data) not in _SCALARS:
            raise MalformedRequest(f"input {shown(name)}: 'data' must be a list")
        data = [data]
    flat, is_finite = _elements(name, datatype, data, count, has_booleans)
    return NamedTensor(name, datatype, flat.reshape(shape), is_finite)


def _elements(name: str, datatype: Datatype, data: list[Any], count: int, has_booleans: bool) -> tuple[Tensor, bool]:
    """A flat array of the elements, and whether all are known to be finite."""
    elements, _ = flatten(name, data)
    try:
        check_count(name, len(elements), count)
        return to_array(name, datatype, elements, has_booleans=has_booleans)
    except MalformedRequest:
        if list in set(map(type, elements)):
            raise misnested(name) from None
        raise


def _from_tail(name: str, datatype: Datatype, shape: list[int], size: int, data: Any, tail: Tail | None) -> Any:
    if data is not None:
        raise MalformedRequest(f"input {shown(name)}: either 'data' or 'binary_data_size', not both")
    if tail is None:
        raise MalformedRequest(
            f"input {shown(name)}: 'binary_data_size' needs the header Inference-Header-Content-Length"
        )
    return tail.take(name, datatype, shape, size)


def _name(item: Any, what: str) -> str:
    name = item.get("name") if type(item) is dict else None
    if type(name) is not str or not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise MalformedRequest(f"each {what} must be an object with a 'name' of 1 to {MAX_NAME_CHARACTERS} characters")
    return name


def read_shape(name: str, shape: Any, limits: ContentLimits) -> tuple[list[int], int]:
    """A shape, and how many elements it asks for."""
    if type(shape) is not list or len(shape) > MAX_RANK:
        raise MalformedRequest(f"input {shown(name)}: 'shape' must be a list of at most {MAX_RANK} integers")
    for size in shape:
        if type(size) is not int or not 0 <= size <= MAX_DIMENSION:
            raise MalformedRequest(f"input {shown(name)}: 'shape' must hold integers from 0 to {MAX_DIMENSION}")
    count = prod(shape)
    if count > limits.elements:
        raise RequestTooLarge(f"input {shown(name)}: more than {limits.elements} elements")
    if not count and prod([size for size in shape if size]) > limits.elements:
        raise MalformedRequest(f"input {shown(name)}: 'shape' asks for no elements in rows that are too long")
    return shape, count


def _outputs(outputs: Any, limits: ContentLimits, binary: bool) -> list[RequestedOutput] | None:
    if type(outputs) is not list:
        raise MalformedRequest("'outputs' must be a list")
    if len(outputs) > limits.inputs:
        raise RequestTooLarge(f"more than {limits.inputs} outputs")
    return [read_output(_name(item, "output"), item.get("parameters"), binary=binary) for item in outputs] or None


def _request_id(value: Any) -> str | None:
    if value is not None and (type(value) is not str or len(value) > MAX_NAME_CHARACTERS):
        raise MalformedRequest(f"'id' must be a string of at most {MAX_NAME_CHARACTERS} characters")
    return value


def encode_response(response: InferenceResponse) -> bytes:
    """Write a response; NaN and infinities become null."""
    document = encode_response_head(response)
    document["outputs"] = [encode_output(output) for output in response.outputs]
    return orjson.dumps(document, option=_NUMPY)


def encode_response_head(response: InferenceResponse) -> dict[str, Any]:
    """Everything of a response but its outputs."""
    document: dict[str, Any] = {"model_name": response.model_name, "model_version": response.model_version}
    if response.id is not None:
        document["id"] = response.id
    if response.parameters is not None:
        document["parameters"] = response.parameters
    return document


def encode_output(output: NamedTensor) -> dict[str, Any]:
    """One output with its data."""
    flat = output.data.reshape(-1)
    return {
        "name": output.name,
        "datatype": output.datatype,
        "shape": output.data.shape,
        "data": flat.tolist() if flat.dtype.hasobject else flat,
    }
