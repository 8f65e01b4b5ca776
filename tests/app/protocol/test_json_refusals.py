"""Bodies that are no inference request: the sentence that each gets, which never repeats a value."""

import json
from typing import Any

import pytest

from slipway_ml.errors import MalformedRequest
from slipway_ml.protocol.json_codec import decode_request
from slipway_ml.protocol.limits import ContentLimits

LIMITS = ContentLimits()
X: dict[str, Any] = {"name": "X", "datatype": "FP64", "shape": [1], "data": [1]}
NO_JSON = "the body is not valid JSON"
GOOD = json.dumps({"inputs": [X]}).encode()


def with_data(text: bytes) -> bytes:
    return b'{"inputs":[{"name":"X","datatype":"FP64","shape":[1],"data":[%b]}]}' % text


BODIES = {
    "empty": (b"", NO_JSON),
    "text": (b"hello", NO_JSON),
    "half": (GOOD[:-1], NO_JSON),
    "trailing bytes": (GOOD + b"x", NO_JSON),
    "two documents": (GOOD + GOOD, NO_JSON),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, NO_JSON),
    "byte order mark and NaN": (b"\xef\xbb\xbf" + with_data(b"NaN"), NO_JSON),
    "UTF-16": (GOOD.decode().encode("utf-16"), NO_JSON),
    "UTF-16 and NaN": (with_data(b"NaN").decode().encode("utf-16-le"), NO_JSON),
    "UTF-8 that is none": (b'{"inputs":[{"name":"\xff"}]}', NO_JSON),
    "UTF-8 that is none and NaN": (b'{"inputs":[NaN,{"name":"\xff"}]}', NO_JSON),
    "lone surrogate": (b'{"inputs":[{"name":"\\ud800"}]}', NO_JSON),
    "lone surrogate and NaN": (b'{"inputs":[NaN,{"name":"\\ud800"}]}', NO_JSON),
    "100,000 brackets": (b"[" * 100_000, NO_JSON),
    "100,000 brackets, closed": (b"[" * 100_000 + b"]" * 100_000, NO_JSON),
    "100,000 brackets around NaN": (b"[" * 100_000 + b"NaN" + b"]" * 100_000, NO_JSON),
    "100,000 braces around NaN": (b'{"a":' * 100_000 + b"NaN" + b"}" * 100_000, NO_JSON),
    "5,000 digits with NaN": (with_data(b"NaN," + b"9" * 5000), NO_JSON),
    "4,000 digits with NaN": (with_data(b"NaN," + b"9" * 4000), NO_JSON),
    "5,000 digits": (with_data(b"9" * 5000), NO_JSON),
    "1e400": (with_data(b"1e400"), NO_JSON),
    "1e400 with NaN": (with_data(b"NaN,1e400"), "the body holds a number too large for a double"),
    "Infinity": (with_data(b"Infinity"), NO_JSON),
    "Infinity with NaN": (
        with_data(b"NaN,-Infinity"),
        "the body holds an infinity; only finite numbers are accepted",
    ),
    "comment": (b"/* */" + GOOD, NO_JSON),
    "single quotes": (b"{'inputs':[]}", NO_JSON),
    "null": (b"null", "the body must be a JSON object with 'inputs'"),
    "list": (b"[]", "the body must be a JSON object with 'inputs'"),
    "number": (b"7", "the body must be a JSON object with 'inputs'"),
    "bare NaN": (b"NaN", "the body must be a JSON object with 'inputs'"),
    "no inputs": (b"{}", "'inputs' must be a list of at least one input"),
    "inputs null": (b'{"inputs":null}', "'inputs' must be a list of at least one input"),
    "inputs empty": (b'{"inputs":[]}', "'inputs' must be a list of at least one input"),
    "inputs an object": (b'{"inputs":{"X":1}}', "'inputs' must be a list of at least one input"),
}


@pytest.mark.parametrize(("body", "message"), BODIES.values(), ids=BODIES.keys())
def test_body_that_is_no_request_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        decode_request(body, LIMITS)

    assert str(refused.value) == message


NAME = "each input must be an object with a 'name' of 1 to 256 characters"
DATATYPE = (
    "input 'X': 'datatype' must be one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32,"
    " FP64, BYTES"
)
SHAPE = "input 'X': 'shape' must be a list of at most 8 integers"
SIZES = "input 'X': 'shape' must hold integers from 0 to 2147483647"
NUMBERS = "input 'X': 'data' must hold only numbers, as its datatype FP64 says"
NESTING = "input 'X': 'data' mixes nesting levels or is nested deeper than 8"
INT8 = "input 'X': 'data' must hold only integers in range, as its datatype INT8 says"
PARAMETERS = "input 'X': 'parameters' must be an object of strings, numbers and booleans"


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 1


INPUTS = {
    "no object": (7, NAME),
    "no name": ({"name": None}, NAME),
    "empty name": ({"name": ""}, NAME),
    "257 characters": ({"name": "n" * 257}, NAME),
    "name a number": ({"name": 7}, NAME),
    "name NaN": ({"name": float("nan")}, NAME),
    "unknown datatype": ({"datatype": "FP128"}, DATATYPE),
    "datatype in small letters": ({"datatype": "fp64"}, DATATYPE),
    "datatype a list": ({"datatype": ["FP64"]}, DATATYPE),
    "no datatype": ({"datatype": None}, DATATYPE),
    "too large for FP16": (
        {"datatype": "FP16", "data": [65520.0]},
        "input 'X': a number is too large for FP16; send FP64",
    ),
    "scalar that is null": ({"shape": [], "data": None}, "input 'X': 'data' must be a list"),
    "bytes without the header": (
        {"data": None, "parameters": {"binary_data_size": 8}},
        "input 'X': 'binary_data_size' needs the header Inference-Header-Content-Length",
    ),
    "bytes and data": (
        {"parameters": {"binary_data_size": 8}},
        "input 'X': either 'data' or 'binary_data_size', not both",
    ),
    "shared memory": (
        {"parameters": {"shared_memory_region": "r"}},
        "input 'X': shared memory is not offered; send the tensor in the body",
    ),
    "no shape": ({"shape": None}, SHAPE),
    "shape a number": ({"shape": 1}, SHAPE),
    "rank 9": ({"shape": [1] * 9}, SHAPE),
    "negative size": ({"shape": [-1]}, SIZES),
    "two negative sizes": ({"shape": [-1, -1]}, SIZES),
    "huge size": ({"shape": [2**31]}, SIZES),
    "size of 400 digits": ({"shape": [10**400]}, NO_JSON),
    "boolean size": ({"shape": [True]}, SIZES),
    "size 1.0": ({"shape": [1.0]}, SIZES),
    "size in quotes": ({"shape": ["1"]}, SIZES),
    "size NaN": ({"shape": [float("nan")]}, SIZES),
    "no data": ({"data": None}, "input 'X': 'data' must be a list"),
    "data a number": ({"data": 1}, "input 'X': 'data' must be a list"),
    "data in quotes": ({"data": "1"}, "input 'X': 'data' must be a list"),
    "too few": ({"shape": [3]}, "input 'X': 'data' has 1 elements, 'shape' asks for 3"),
    "too many": ({"data": [1, 2]}, "input 'X': 'data' has 2 elements, 'shape' asks for 1"),
    "some for an empty shape": ({"shape": [0]}, "input 'X': 'data' has 1 elements, 'shape' asks for 0"),
    "number in quotes": ({"data": ["1.5"]}, NUMBERS),
    "true as a number": ({"data": [True]}, NUMBERS),
    "object as a number": ({"data": [{}]}, NUMBERS),
    "list after a number": ({"shape": [2], "data": [1, [2]]}, NESTING),
    "number after a list": ({"shape": [2], "data": [[1], 2]}, NESTING),
    "nine levels": ({"data": nested(9)}, NESTING),
    "uneven levels": ({"shape": [2], "data": [[[1]], [2]]}, NESTING),
    "too large for FP32": (
        {"datatype": "FP32", "data": [1e39]},
        "input 'X': a number is too large for FP32; send FP64",
    ),
    "float in integers": ({"datatype": "INT8", "data": [1.5]}, INT8),
    "1.0 in integers": ({"datatype": "INT8", "data": [1.0]}, INT8),
    "true in integers": ({"datatype": "INT8", "data": [True]}, INT8),
    "null in integers": ({"datatype": "INT8", "data": [None]}, INT8),
    "above INT8": ({"datatype": "INT8", "data": [128]}, "input 'X': an integer does not fit into INT8"),
    "below UINT8": (
        {"datatype": "UINT8", "data": [-1]},
        "input 'X': 'data' must hold only integers in range, as its datatype UINT8 says",
    ),
    "above INT64": (
        {"datatype": "INT64", "data": [2**63]},
        "input 'X': 'data' must hold only integers in range, as its datatype INT64 says",
    ),
    "above UINT64": (
        {"datatype": "UINT64", "data": [2**64]},
        "input 'X': 'data' must hold only integers in range, as its datatype UINT64 says",
    ),
    "1 in booleans": (
        {"datatype": "BOOL", "data": [1]},
        "input 'X': 'data' must hold only true and false, as its datatype BOOL says",
    ),
    "null in booleans": (
        {"datatype": "BOOL", "data": [None]},
        "input 'X': 'data' must hold only true and false, as its datatype BOOL says",
    ),
    "number in text": (
        {"datatype": "BYTES", "data": [1]},
        "input 'X': 'data' must hold only strings, as its datatype BYTES says",
    ),
    "parameters a list": ({"parameters": [1]}, PARAMETERS),
    "parameters nested": ({"parameters": {"a": {}}}, PARAMETERS),
    "a parameter null": ({"parameters": {"a": None}}, PARAMETERS),
}


@pytest.mark.parametrize(("changed", "message"), INPUTS.values(), ids=INPUTS.keys())
def test_input_that_breaks_the_protocol_is_refused(changed: Any, message: str) -> None:
    broken = {**X, **changed} if isinstance(changed, dict) else changed

    with pytest.raises(MalformedRequest) as refused:
        decode_request(json.dumps({"inputs": [broken]}).encode(), LIMITS)
    assert str(refused.value) == message


AROUND = {
    "id a number": ({"id": 7}, "'id' must be a string of at most 256 characters"),
    "id too long": ({"id": "i" * 257}, "'id' must be a string of at most 256 characters"),
    "outputs an object": ({"outputs": {}}, "'outputs' must be a list"),
    "output a name": (
        {"outputs": ["label"]},
        "each output must be an object with a 'name' of 1 to 256 characters",
    ),
    "output neither binary nor not": (
        {"outputs": [{"name": "label", "parameters": {"binary_data": 1}}]},
        "output 'label': 'binary_data' must be true or false",
    ),
    "no classes": (
        {"outputs": [{"name": "label", "parameters": {"classification": 0}}]},
        "output 'label': 'classification' must be an integer from 1 to 100000",
    ),
    "classes as text": (
        {"outputs": [{"name": "label", "parameters": {"classification": "2"}}]},
        "output 'label': 'classification' must be an integer from 1 to 100000",
    ),
    "binary outputs as text": (
        {"parameters": {"binary_data_output": "true"}},
        "the request: 'binary_data_output' must be true or false",
    ),
    "negative timeout": ({"parameters": {"timeout": -1}}, "the request: 'timeout' must be an integer of microseconds"),
    "parameters a list": (
        {"parameters": []},
        "the request: 'parameters' must be an object of strings, numbers and booleans",
    ),
}


@pytest.mark.parametrize(("changed", "message"), AROUND.values(), ids=AROUND.keys())
def test_request_around_good_inputs_is_checked_too(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        decode_request(json.dumps({"inputs": [X], **changed}).encode(), LIMITS)

    assert str(refused.value) == message


@pytest.mark.parametrize("where", ["request", "input"])
def test_64_levels_are_accepted_in_what_nobody_reads_and_one_more_is_refused(where: str) -> None:
    levels = 63 if where == "request" else 61

    assert decode_request(_with_extra(where, levels), ContentLimits()).inputs
    with pytest.raises(MalformedRequest, match="nested deeper than 64"):
        decode_request(_with_extra(where, levels + 1), ContentLimits())


def _with_extra(where: str, levels: int) -> bytes:
    extra = ', "extra": ' + "[" * levels + "]" * levels
    of_request, of_input = (extra, "") if where == "request" else ("", extra)
    given = f'{{"name": "X", "datatype": "FP64", "shape": [1], "data": [1]{of_input}}}'
    return f'{{"inputs": [{given}]{of_request}}}'.encode()
