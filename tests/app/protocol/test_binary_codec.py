"""Tensors as bytes after the JSON: what is read and written is the same as in JSON, and nothing is copied in vain."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor, TensorMetadata
from slipway_ml.protocol import json_codec
from slipway_ml.protocol.binary_codec import decode_raw, decode_request, encode_response
from slipway_ml.protocol.binary_values import write_tensor
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.messages import InferenceRequest, InferenceResponse, NamedTensor
from tests.strategies import DATATYPES, MANY, tensors

LIMITS = ContentLimits(elements=100)


def decode(inputs: list[Any], tail: bytes, *, padding: int = 0, **more: Any) -> InferenceRequest:
    head = json.dumps({"inputs": inputs, **more}).encode() + b" " * padding
    return decode_request(head + tail, len(head), LIMITS)


def binary(name: str, datatype: str, shape: list[int], size: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}


def as_request(response: bytes, json_length: int) -> InferenceRequest:
    """What a client would send to give back an answer's outputs as inputs."""
    head = json.dumps({"inputs": json.loads(response[:json_length])["outputs"]}).encode()
    return decode_request(head + response[json_length:], len(head), LIMITS)


def content_of(array: Tensor) -> Any:
    """What makes two tensors the same, -0.0 and NaN included."""
    return array.dtype, array.shape, array.tolist() if array.dtype.hasobject else array.tobytes()


@st.composite
def some_tensors(draw: Callable[..., Any]) -> list[NamedTensor]:
    return [draw(tensors(name, DATATYPES)) for name in "abc"[: draw(st.integers(1, 3))]]


@MANY
@given(some_tensors(), st.sets(st.sampled_from("abc")))
def test_tensors_written_and_read_are_the_same_however_mixed(written: list[NamedTensor], names: set[str]) -> None:
    response, json_length = encode_response(InferenceResponse("m", "1", written, binary=frozenset(names)))
    read = as_request(response, json_length).inputs

    assert [(t.name, t.datatype) for t in read] == [(t.name, t.datatype) for t in written]
    assert [content_of(t.data) for t in read] == [content_of(t.data) for t in written]


@MANY
@given(tensors("X", DATATYPES))
def test_binary_is_the_same_tensor_as_json(sent: NamedTensor) -> None:
    head = {"name": "X", "datatype": sent.datatype, "shape": sent.data.shape}
    content = bytes(write_tensor(sent.datatype, sent.data))
    in_json = json.dumps({"inputs": [{**head, "data": sent.data.ravel().tolist()}]}).encode()
    binary_inputs = decode([binary("X", sent.datatype, list(sent.data.shape), len(content))], content).inputs
    json_inputs = json_codec.decode_request(in_json, LIMITS).inputs

    assert content_of(binary_inputs[0].data) == content_of(json_inputs[0].data)


@pytest.mark.parametrize("datatype", [d for d in Datatype if d is not Datatype.BYTES])
def test_numbers_travel_in_their_native_size(datatype: Datatype) -> None:
    values = np.array([0, 1, 1], NUMPY_DTYPES[datatype])
    content = values.tobytes()
    read = decode([binary("X", datatype, [3, 1], len(content))], content).inputs[0]

    assert (read.data.dtype, read.data.tolist()) == (values.dtype, values.reshape(3, 1).tolist())


def test_numbers_are_not_copied_where_they_lie_well() -> None:
    content = np.arange(4.0).tobytes()
    paddings = [decode([binary("X", "FP64", [4], 32)], content, padding=n).inputs[0].data for n in range(8)]

    assert all(data.flags.aligned for data in paddings)
    assert [data.base is not None for data in paddings].count(True) >= 1
    assert {tuple(data.tolist()) for data in paddings} == {(0.0, 1.0, 2.0, 3.0)}


def test_text_travels_after_its_length() -> None:
    content = b"\x01\x00\x00\x00a" + b"\x00\x00\x00\x00" + b"\x03\x00\x00\x00\xe2\x82\xac"
    read = decode([binary("X", "BYTES", [3], len(content))], content).inputs[0]

    assert read.data.tolist() == ["a", "", "€"]


def test_nan_stays_nan() -> None:
    content = np.array([np.nan, 1.0]).tobytes()
    read = decode([binary("X", "FP64", [2], 16)], content).inputs[0]

    assert np.isnan(read.data).tolist() == [True, False]


def test_inputs_take_their_bytes_in_their_order() -> None:
    in_json = {"name": "b", "datatype": "FP32", "shape": [1], "data": [0.5]}
    inputs = [binary("a", "UINT8", [2], 2), in_json, binary("c", "INT16", [1], 2)]

    assert [t.data.tolist() for t in decode(inputs, b"\x01\x02\x03\x00").inputs] == [[1, 2], [0.5], [3]]


@pytest.mark.parametrize("datatype", ["FP64", "BYTES", "BOOL"])
def test_empty_tensor_takes_no_bytes(datatype: str) -> None:
    assert decode([binary("X", datatype, [0, 3], 0)], b"").inputs[0].data.shape == (0, 3)


def test_binary_output_is_announced_by_its_size() -> None:
    outputs = [
        NamedTensor("label", Datatype.BYTES, np.array(["no", "ä"], object)),
        NamedTensor("p", Datatype.FP32, np.array([[0.5], [0.25]], np.float32)),
    ]
    body, json_length = encode_response(InferenceResponse("m", "3", outputs, "x", {"a": 1}, frozenset({"p"})))

    assert json.loads(body[:json_length]) == {
        "model_name": "m",
        "model_version": "3",
        "id": "x",
        "parameters": {"a": 1},
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["no", "ä"]},
            {"name": "p", "datatype": "FP32", "shape": [2, 1], "parameters": {"binary_data_size": 8}},
        ],
    }
    assert body[json_length:] == np.array([0.5, 0.25], "<f4").tobytes()


def test_output_that_is_a_view_is_written_row_by_row() -> None:
    data = np.arange(6.0).reshape(2, 3).T
    body, json_length = encode_response(
        InferenceResponse("m", "1", [NamedTensor("y", Datatype.FP64, data)], binary=frozenset({"y"}))
    )

    assert np.frombuffer(body[json_length:]).tolist() == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]


@pytest.mark.parametrize("rows", [1, 3])
def test_raw_body_is_the_only_input_in_whole_rows(rows: int) -> None:
    content = np.arange(2.0 * rows).tobytes()
    request = decode_raw(content, [TensorMetadata("X", Datatype.FP64, (-1, 2))], LIMITS)

    assert request.inputs[0].data.shape == (rows, 2)
    assert request.parameters.binary_outputs


def test_raw_body_of_text_is_one_element() -> None:
    request = decode_raw("grün".encode(), [TensorMetadata("city", Datatype.BYTES, (-1, 1))], LIMITS)

    assert request.inputs[0].data.tolist() == [["grün"]]
