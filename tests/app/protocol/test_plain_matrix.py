"""The short way for plain requests, against the codec and the data plane's checks, which know every form."""

import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.errors import SlipwayError
from slipway_ml.protocol.json_codec import decode_request, read_document
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.number_reader import NumberReader
from slipway_ml.protocol.plain_matrix import PlainMatrix

MOST = 600
PLAIN = PlainMatrix(TensorMetadata("X", Datatype.FP64, (-1, 3)), MOST)
READER = NumberReader()
NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**64 - 1))


def body(data: Any, shape: Any, **changed: Any) -> bytes:
    tensor = {"name": "X", "datatype": "FP64", "shape": shape, "data": data}
    return json.dumps({"inputs": [{**tensor, **changed}]}).encode()


def read(text: bytes) -> Any:
    document, has_booleans = read_document(text, READER)
    return PLAIN.read(document, has_booleans=has_booleans)


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=200))
@settings(max_examples=60, deadline=None)
def test_plain_request_gives_the_matrix_that_the_codec_gives(rows: list[list[float]]) -> None:
    text = body([value for row in rows for value in row], [len(rows), 3])

    matrix = read(text)

    expected = decode_request(text, ContentLimits()).inputs[0].data
    assert (matrix.dtype, matrix.shape) == (expected.dtype, expected.shape)
    assert matrix.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "text",
    [
        body([1, 2, None], [1, 3]),
        body([1, 2, True], [1, 3]),
        body([1, 2, "3"], [1, 3]),
        body("123", [1, 3]),
        body([1, 2, 3], [1.0, 3]),
        body([1, 2, 3], [True, 3]),
        body([1, 2, 3], [3]),
        body([1, 2, 3], [-1, -3]),
        body([1, 2, 3], "13"),
        body([], [0, 3]),
        body([1, 2], [1, 2]),
        body([1, 2, 3, 4], [1, 3]),
        body([1.0] * (MOST + 3), [MOST // 3 + 1, 3]),
        body([1, 2, 3], [1, 3], name="Y"),
        body([1, 2, 3], [1, 3], datatype="FP32"),
        body([1, 2, 3], [1, 3], parameters={}),
        body([1, 2, 3], [1, 3]).replace(b'{"inputs"', b'{"id": "a", "inputs"'),
        b'{"inputs": []}',
        b'{"inputs": {"X": 1}}',
        b'{"inputs": ["data"]}',
        b"[1]",
        b'"inputs"',
        b"null",
    ],
)
def test_everything_else_is_left_to_the_codec(text: bytes) -> None:
    assert read(text) is None


PIECES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(["X", "FP64", ""])),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


@given(data=PIECES, shape=PIECES, name=st.sampled_from(["X", None, 1]), datatype=st.sampled_from(["FP64", "BYTES", 3]))
@settings(max_examples=150, deadline=None)
def test_what_is_read_is_what_the_codec_would_have_accepted(data: Any, shape: Any, name: Any, datatype: Any) -> None:
    text = orjson.dumps({"inputs": [{"name": name, "datatype": datatype, "shape": shape, "data": data}]})
    try:
        expected = decode_request(text, ContentLimits()).inputs[0].data.tobytes()
    except SlipwayError:
        expected = None

    matrix = read(text)

    assert matrix is None or matrix.tobytes() == expected


def test_matrix_of_a_large_body_is_read_as_well() -> None:
    values = np.arange(MOST) / 7

    matrix = read(body(values.tolist(), [MOST // 3, 3]))

    assert matrix.ravel().tolist() == values.tolist()
