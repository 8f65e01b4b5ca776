"""Hostile binary framing: whatever is claimed about sizes, the answer is a sentence and nothing is allocated for it."""

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.errors import MalformedRequest, RequestError, RequestTooLarge
from slipway_ml.protocol.binary_codec import decode_raw, decode_request, read_json_length
from slipway_ml.protocol.limits import ContentLimits
from tests.strategies import MANY, almost_requests

LIMITS = ContentLimits(elements=1_000_000)
X: dict[str, Any] = {"name": "X", "datatype": "FP64", "shape": [2]}
ONE = (1).to_bytes(4, "little")


def decode(tail: bytes, size: Any, **changed: Any) -> None:
    head = json.dumps({"inputs": [{**X, "parameters": {"binary_data_size": size}, **changed}]}).encode()
    decode_request(head + tail, len(head), LIMITS)


HEADERS = {
    "negative": b"-1",
    "text": b"all",
    "empty": b"",
    "fraction": b"1.0",
    "sign": b"+2",
    "space": b" 2",
    "hexadecimal": b"0x2",
    "list": b"2,2",
    "beyond the body": b"11",
    "huge": b"99999999999",
    "far too many digits": b"9" * 5000,
    "not ASCII digits": "٢".encode(),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_length_of_the_json_must_be_a_number_within_the_body(header: bytes) -> None:
    with pytest.raises(MalformedRequest, match="Inference-Header-Content-Length") as refused:
        read_json_length(header, b"0123456789")

    assert len(str(refused.value)) < 200


def test_json_may_be_the_whole_body_or_nothing_of_it() -> None:
    assert (read_json_length(b"10", b"0123456789"), read_json_length(b"0", b"0123456789")) == (10, 0)


TEXT: dict[str, Any] = {"datatype": "BYTES"}
FRAMES: dict[str, tuple[bytes, Any, dict[str, Any], str]] = {
    "too few bytes": (b"\0" * 8, 16, {}, "input 'X': 'binary_data_size' is over the 8 bytes that are left"),
    "bytes left over": (b"\0" * 17, 16, {}, "1 bytes are left over after the binary data of all inputs"),
    "size of another shape": (b"\0" * 8, 8, {}, "input 'X': 8 bytes, but its shape and FP64 ask for 16"),
    "size negative": (b"", -1, {}, "input 'X': 'binary_data_size' must be an integer that is not negative"),
    "size in quotes": (b"", "16", {}, "input 'X': 'binary_data_size' must be an integer that is not negative"),
    "size true": (b"\0", True, {}, "input 'X': 'binary_data_size' must be an integer that is not negative"),
    "size 16.0": (b"\0" * 16, 16.0, {}, "input 'X': 'binary_data_size' must be an integer that is not negative"),
    "huge size": (b"\0" * 16, 2**60, {}, "input 'X': 'binary_data_size' is over the 16 bytes that are left"),
    "data as well": (b"\0" * 16, 16, {"data": [1, 2]}, "input 'X': either 'data' or 'binary_data_size', not both"),
    "boolean of 2": (b"\1\2", 2, {"datatype": "BOOL"}, "input 'X': the bytes of BOOL must be 0 or 1"),
    "text too short": (b"\0" * 7, 7, TEXT, "input 'X': fewer bytes than 2 elements of text need"),
    "text overrun": (
        ONE + b"a" + b"\xff\xff\xff\xff" + b"b",
        10,
        TEXT,
        "input 'X': the bytes are not elements of text, each after its length in 4 bytes",
    ),
    "text cut in a length": (
        (5).to_bytes(4, "little") + b"abcde" + b"\0\0\0",
        12,
        TEXT,
        "input 'X': the bytes are not elements of text, each after its length in 4 bytes",
    ),
    "text with bytes left": (b"\0" * 9, 9, TEXT, "input 'X': more bytes than its 2 elements of text"),
    "text not UTF-8": (ONE + b"\xff" + ONE + b"a", 10, TEXT, "input 'X': its text is not UTF-8"),
}


@pytest.mark.parametrize(("tail", "size", "changed", "message"), FRAMES.values(), ids=FRAMES.keys())
def test_bytes_that_are_not_what_was_said_are_refused(
    tail: bytes, size: Any, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(MalformedRequest) as refused:
        decode(tail, size, **changed)

    assert str(refused.value) == message


def test_text_of_one_input_never_reaches_into_the_next() -> None:
    inputs = [
        {"name": "a", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 5}},
        {"name": "b", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 5}},
    ]
    head = json.dumps({"inputs": inputs}).encode()

    with pytest.raises(MalformedRequest, match="'a': the bytes are not elements of text"):
        decode_request(head + (6).to_bytes(4, "little") + b"secret", len(head), LIMITS)


def test_claimed_elements_of_text_cost_no_memory() -> None:
    tracemalloc.start()
    with pytest.raises(MalformedRequest, match="fewer bytes than 1000000 elements"):
        decode(b"\0" * 64, 64, datatype="BYTES", shape=[1_000_000])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100_000


def test_more_elements_than_allowed_are_too_large() -> None:
    with pytest.raises(RequestTooLarge, match="more than 1000000 elements"):
        decode(b"\0" * 1_000_001, 1_000_001, datatype="UINT8", shape=[1_000_001])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "input 'X': a row has 16 bytes, and the body's 0 are no whole rows"),
        (b"\0" * 17, "input 'X': a row has 16 bytes, and the body's 17 are no whole rows"),
    ],
    ids=["empty", "a byte more"],
)
def test_raw_body_must_be_whole_rows(body: bytes, message: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        decode_raw(body, [TensorMetadata("X", Datatype.FP64, (-1, 2))], LIMITS)

    assert str(refused.value) == message


def test_raw_body_needs_a_model_with_one_input() -> None:
    column = TensorMetadata("a", Datatype.FP64, (-1, 1))

    with pytest.raises(MalformedRequest, match="needs a model with one input, and this one has 2"):
        decode_raw(b"\0" * 8, [column, column], LIMITS)


@MANY
@given(almost_requests(), st.binary(max_size=40), st.integers(0, 60))
def test_any_binary_body_is_read_or_refused(document: Any, tail: bytes, size: int) -> None:
    for item in document["inputs"] if isinstance(document["inputs"], list) else []:
        if isinstance(item, dict):
            item["parameters"] = {"binary_data_size": size}
            item.pop("data", None)
    head = json.dumps(document).encode()

    with suppress(RequestError):
        decode_request(head + tail, len(head), LIMITS)


@MANY
@given(st.binary(max_size=60), st.integers(0, 60))
def test_any_bytes_are_read_or_refused(body: bytes, json_length: int) -> None:
    with suppress(RequestError):
        decode_request(body, min(json_length, len(body)), LIMITS)
