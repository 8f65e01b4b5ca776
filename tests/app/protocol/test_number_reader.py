"""The reader of numbers against the parser that it stands in for: the same requests, the same words for bad ones."""

import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.errors import SlipwayError
from slipway_ml.protocol.json_codec import decode_request
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.number_reader import NumberReader

LARGE = 2100
READER = NumberReader()


def body(data: Any, shape: list[int], datatype: str = "FP64", **more: Any) -> bytes:
    return orjson.dumps({"inputs": [{"name": "X", "shape": shape, "datatype": datatype, "data": data}], **more})


def outcome(text: bytes, reader: NumberReader | None) -> Any:
    """What a request holds, in a form that can be compared, or what is said against it."""
    try:
        request = decode_request(text.ljust(LARGE), ContentLimits(), reader)
    except SlipwayError as error:
        return type(error), str(error)
    inputs = [(t.name, t.datatype, t.data.dtype, t.data.shape, t.data.tolist()) for t in request.inputs]
    return repr((inputs, request.outputs, request.id, request.parameters))


@pytest.mark.parametrize(
    "text",
    [
        body([1.5, 2, -0.0, 9007199254740993], [2, 2]),
        body([[1, 2], [3, 4]], [2, 2]),
        body([1, -2], [2], "INT8"),
        body([1, 2], [2], "UINT64", id="a", parameters={"mine": 1}, outputs=[{"name": "y"}]),
        body([], [0, 3]),
        body([1e300], [1], "FP32"),
    ],
)
def test_plain_request_is_read(text: bytes) -> None:
    assert READER.read(text) is not None
    assert outcome(text, READER) == outcome(text, None)


@pytest.mark.parametrize(
    "text",
    [
        body([1, None], [2]),
        body([1, True], [2]),
        body(["1", 2], [2]),
        body([1, [2, 3], []], [3]),
        body([[[1]], 2], [2]),
        body([1.5], [1], "INT64"),
        body([-1], [1], "UINT8"),
        body(["a"], [1], "BYTES"),
        body([1], [1], "FP99"),
        body([1], [1], more=[[1]]),
        body([1.0, 2.0], [2]).replace(b"1.0", b"NaN"),
        body([1.0, 2.0], [2]).replace(b"1.0", b"1e400"),
        body([1.0, 2.0], [2]).replace(b"1.0", b"18446744073709551616"),
        body([1.0], [1]).replace(b'"shape"', b'"data":[2.0],"shape"'),
        body([1.0], [1]).replace(b'"name":"X"', b'"name":"\\ud800"'),
        body([1.0], [1]).replace(b'"X"', b'"\xff"'),
        b"\xef\xbb\xbf" + body([1.0], [1]),
        body([1.0], [1]) + b"x",
        b"[1]",
        b'{"inputs": {}}',
        b"",
    ],
)
def test_doubtful_request_is_left_to_the_parser_that_says_what_is_wrong(text: bytes) -> None:
    assert READER.read(text) is None
    assert outcome(text, READER) == outcome(text, None)


numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.none(), st.booleans())
nested = st.recursive(numbers, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(
    st.lists(nested, max_size=6),
    st.lists(st.integers(-1, 4), max_size=3),
    st.sampled_from(["FP64", "FP32", "INT64", "UINT8", "BOOL"]),
)
@settings(max_examples=200, deadline=None)
def test_any_data_gives_the_same_as_the_parser(data: list[Any], shape: list[int], datatype: str) -> None:
    document = {"inputs": [{"name": "X", "shape": shape, "datatype": datatype, "data": data}]}
    text = json.dumps(document).encode()

    assert outcome(text, READER) == outcome(text, None)


@given(st.integers(0, 200), st.binary(max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_damage_gives_the_same_as_the_parser(place: int, put: bytes) -> None:
    text = body([1.5, 2.5, -3.0, 4.0], [2, 2], parameters={"a": 1}, outputs=[{"name": "y"}])
    damaged = text[: place % len(text)] + put + text[place % len(text) + 1 :]

    assert outcome(damaged, READER) == outcome(damaged, None)


def test_numbers_outlive_the_next_document() -> None:
    first = READER.read(body([1.0, 2.0], [2]))
    READER.read(body([3.0, 4.0], [2]))

    assert first is not None
    np.testing.assert_array_equal(first["inputs"][0]["data"], [1.0, 2.0])
