"""Long tensors in JSON: what their shape promises and what their keys repeat costs nothing before it is read."""

import tracemalloc
from typing import Any

import pytest

from slipway_ml.errors import MalformedRequest, RequestTooLarge
from slipway_ml.protocol.json_codec import read_request
from slipway_ml.protocol.json_cuts import finish
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.tensor_data import Sizes
from slipway_ml.protocol.tensor_pieces import TensorPieces

LIMITS = ContentLimits()


def in_pieces(body: bytes, sizes: Sizes | None = None) -> Any:
    reader = TensorPieces(LIMITS, sizes) if sizes else TensorPieces(LIMITS)
    document, has_booleans = finish(reader.read(body, lambda _size: None))
    return read_request(document, LIMITS, None, has_booleans=has_booleans)


def one_input(datatype: str, shape: list[int], values: list[str]) -> bytes:
    text = ",".join(values)
    return f'{{"name":"X","datatype":"{datatype}","shape":{shape},"data":[{text}]}}'.encode()


def request(*inputs: bytes) -> bytes:
    return b'{"inputs":[%b]}' % b",".join(inputs)


@pytest.mark.parametrize("integer", ["-9223372036854775809", "18446744073709551616", "1" + "0" * 30])
def test_integer_beyond_64_bits_means_the_same_in_long_data_as_in_short(integer: str) -> None:
    for count in (1, 30_000):
        values = [integer, *["1.5"] * (count - 1)]

        assert in_pieces(request(one_input("FP64", [count], values))).inputs[0].data[0] == float(integer)
        with pytest.raises(MalformedRequest, match="integers in range"):
            in_pieces(request(one_input("INT64", [count], values)))


def test_parser_reads_on_after_an_integer_that_it_cannot_hold() -> None:
    reader = TensorPieces(LIMITS)
    for first in ("1" + "0" * 30, "2.5"):
        body = request(one_input("FP64", [30_000], [first, *["1.5"] * 29_999]))
        document, _ = finish(reader.read(body, lambda _size: None))

        assert read_request(document, LIMITS, None).inputs[0].data[0] == float(first)


@pytest.mark.parametrize("datatype", ["BYTES", "FP64", "INT8", "BOOL"])
def test_shape_takes_no_memory_that_the_data_does_not(datatype: str) -> None:
    value = {"BYTES": '""', "BOOL": "true"}.get(datatype, "1")
    many = [one_input(datatype, [16_000_000], [value] * 800)] * 40
    tracemalloc.start()
    try:
        with pytest.raises((MalformedRequest, RequestTooLarge)):
            in_pieces(request(*many))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 6 * len(request(*many)) + 2**20


def test_data_is_looked_for_in_steps_however_often_its_key_stands() -> None:
    body = b'{"inputs":[{%b}]}' % b",".join([b'"data":[1]'] * 20_000)
    steps = TensorPieces(LIMITS).read(body, lambda _size: None)

    assert sum(1 for _ in zip(steps, range(30), strict=False)) == 30
