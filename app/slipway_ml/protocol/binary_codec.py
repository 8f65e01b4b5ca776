"""Inference requests and responses whose tensors are bytes after the JSON: the binary tensor data extension.

The header `Inference-Header-Content-Length` says where the JSON ends; the bytes of the inputs that have a
`binary_data_size` follow in their order, and nothing else. A length of 0 is a raw request: no JSON at all, and the
body is the only input of the model. JSON and binary may be mixed, tensor by tensor, in both directions.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, TensorMetadata
from slipway_ml.errors import MalformedRequest, RequestTooLarge
from slipway_ml.protocol.binary_values import Tail, UnreadText, read_numbers, read_one_text, write_tensor
from slipway_ml.protocol.json_codec import encode_output, encode_response_head, read_request
from slipway_ml.protocol.json_cuts import Steps, finish
from slipway_ml.protocol.json_values import parse, shown
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.messages import InferenceRequest, InferenceResponse, NamedTensor, RequestParameters

_LONGEST_NUMBER = 12
_MOST_TIMES = 3.5  # with the body, its parts before they are joined, and what the allocator adds: below six
_SPARE = 1024 * 1024
_NUMPY = orjson.OPT_SERIALIZE_NUMPY


def read_json_length(header: bytes, body: bytes) -> int:
    """The header's number; raises MalformedRequest unless it lies within the body."""
    if not header.isdigit() or len(header) > _LONGEST_NUMBER:
        raise MalformedRequest("Inference-Header-Content-Length must be the length of the JSON in bytes")
    length = int(header)
    if length > len(body):
        raise MalformedRequest(f"Inference-Header-Content-Length is {length}, but the body has {len(body)} bytes")
    return length


def decode_request(body: bytes, json_length: int, limits: ContentLimits) -> InferenceRequest:
    """Read a request whose JSON is the first `json_length` bytes; raises MalformedRequest or RequestTooLarge."""
    request = read_with_tail(parse(body[:json_length]), body, json_length, limits)
    finish(read_texts(request.inputs, body, lambda _size: None))
    return request


def read_with_tail(document: Any, body: bytes, json_length: int, limits: ContentLimits) -> InferenceRequest:
    """A request from its parsed JSON and the bytes after it; `read_texts` must follow."""
    tail = Tail(body, json_length)
    request = read_request(document, limits, tail)
    tail.check_is_used_up()
    return request


def read_texts(inputs: Sequence[NamedTensor], body: bytes, charge: Callable[[int], None]) -> Steps[None]:
    """Read the texts that follow the JSON, for which only room was made; raises MalformedRequest or RequestTooLarge."""
    left = int(_MOST_TIMES * len(body)) + _SPARE
    for tensor in inputs:
        unread: Any = tensor.data
        if type(unread) is UnreadText:
            tensor.data, left = yield from unread.read(body, charge, left)


def decode_raw(body: bytes, inputs: Sequence[TensorMetadata], limits: ContentLimits) -> InferenceRequest:
    """Read a body that is nothing but the one input of a model: text as one element, numbers as whole rows."""
    if len(inputs) != 1:
        raise MalformedRequest(f"a body without JSON needs a model with one input, and this one has {len(inputs)}")
    declared = inputs[0]
    everything = RequestParameters(binary_outputs=True)
    if declared.datatype is Datatype.BYTES:
        data = read_one_text(declared.name, body).reshape(1, 1)
        return InferenceRequest([NamedTensor(declared.name, declared.datatype, data)], parameters=everything)
    columns = declared.shape[1]
    row_size = columns * NUMPY_DTYPES[declared.datatype].itemsize
    rows, rest = divmod(len(body), row_size)
    if rest or not rows:
        raise MalformedRequest(
            f"input {shown(declared.name)}: a row has {row_size} bytes, and the body's {len(body)} are no whole rows"
        )
    if rows * columns > limits.elements:
        raise RequestTooLarge(f"input {shown(declared.name)}: more than {limits.elements} elements")
    data = read_numbers(declared.name, declared.datatype, [rows, columns], body, 0, len(body))
    return InferenceRequest([NamedTensor(declared.name, declared.datatype, data)], parameters=everything)


def encode_response(response: InferenceResponse) -> tuple[bytes, int]:
    """Write a response with the outputs named in `binary` as bytes after the JSON; also the length of the JSON."""
    document = encode_response_head(response)
    listed: list[dict[str, Any]] = []
    parts: list[Any] = []
    for output in response.outputs:
        if output.name not in response.binary:
            listed.append(encode_output(output))
            continue
        content = write_tensor(output.datatype, output.data)
        listed.append(
            {
                "name": output.name,
                "datatype": output.datatype,
                "shape": output.data.shape,
                "parameters": {"binary_data_size": len(content)},
            }
        )
        parts.append(content)
    head = orjson.dumps({**document, "outputs": listed}, option=_NUMPY)
    return b"".join([head, *parts]), len(head)
