"""Inference requests and responses in JSON: what is read, what is written, and the sentence for what is refused."""

import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given

from slipway_ml.contract.tensors import Datatype, Tensor
from slipway_ml.errors import RequestTooLarge
from slipway_ml.protocol.json_codec import decode_request, encode_response
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.messages import InferenceRequest, InferenceResponse, NamedTensor, RequestedOutput
from tests.strategies import DATATYPES, MANY, tensors

LIMITS = ContentLimits(elements=100, inputs=3)
X: dict[str, Any] = {"name": "X", "datatype": "FP64", "shape": [2], "data": [1.5, 2.5]}


def decode(document: Any) -> InferenceRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return decode_request(body, LIMITS)


def tensor(**changed: Any) -> NamedTensor:
    return decode({"inputs": [{**X, **changed}]}).inputs[0]


def content_of(array: Tensor) -> Any:
    """What makes two tensors the same, -0.0 and NaN included."""
    return array.dtype, array.shape, array.tolist() if array.dtype.hasobject else array.tobytes()


@MANY
@given(tensors("X", DATATYPES))
def test_tensor_written_and_read_is_the_same(written: NamedTensor) -> None:
    response = orjson.loads(encode_response(InferenceResponse("m", "1", [written])))
    read = decode_request(orjson.dumps({"inputs": response["outputs"]}), LIMITS).inputs[0]

    assert (read.name, read.datatype) == (written.name, written.datatype)
    assert content_of(read.data) == content_of(written.data)


@MANY
@given(tensors("X", DATATYPES).filter(lambda written: written.data.ndim > 0))
def test_nested_data_is_the_same_as_flat_data(written: NamedTensor) -> None:
    head = {"name": "X", "datatype": written.datatype, "shape": written.data.shape}
    nested = decode({"inputs": [{**head, "data": written.data.tolist()}]}).inputs[0]
    flat = decode({"inputs": [{**head, "data": written.data.ravel().tolist()}]}).inputs[0]

    assert content_of(nested.data) == content_of(flat.data)


def test_nesting_need_not_be_that_of_the_shape() -> None:
    assert tensor(shape=[2, 3], data=[[1, 2], [3, 4], [5, 6]]).data.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("missing", [b"null", b"NaN"])
@pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64"])
def test_null_and_bare_nan_are_missing_in_floats(datatype: str, missing: bytes) -> None:
    body = b'{"inputs":[{"name":"X","datatype":"%b","shape":[2],"data":[%b,1]}]}' % (datatype.encode(), missing)

    assert np.isnan(decode(body).inputs[0].data).tolist() == [True, False]


def test_null_is_missing_in_text() -> None:
    assert tensor(datatype="BYTES", data=[None, "a"]).data.tolist() == ["", "a"]


def test_nan_in_a_string_is_text() -> None:
    assert decode(b'{"inputs":[{"name":"NaN","datatype":"BYTES","shape":[1],"data":["NaN"]}]}').inputs[0].name == "NaN"


def test_whole_numbers_are_numbers_in_floats() -> None:
    assert tensor(data=[1, 2**64]).data.tolist() == [1.0, 2.0**64]


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        ("INT8", [-128, 127]),
        ("UINT8", [0, 255]),
        ("INT32", [-(2**31), 2**31 - 1]),
        ("INT64", [-(2**63), 2**63 - 1]),
        ("UINT64", [0, 2**64 - 1]),
    ],
)
def test_integers_are_accepted_up_to_their_bounds(datatype: str, values: list[int]) -> None:
    assert tensor(datatype=datatype, data=values).data.tolist() == values


def test_scalar_needs_no_list() -> None:
    assert tensor(shape=[], data=1.5).data.tolist() == tensor(shape=[], data=[1.5]).data.tolist() == 1.5


@pytest.mark.parametrize("shape", [[0], [0, 4], [3, 0]])
def test_empty_tensor_is_read(shape: list[int]) -> None:
    assert tensor(shape=shape, data=[]).data.shape == tuple(shape)


def test_last_of_two_equal_keys_wins() -> None:
    body = b'{"inputs":[],"inputs":[{"name":"a","name":"X","datatype":"FP64","shape":[1],"data":[2],"data":[1]}]}'
    read = decode(body).inputs[0]

    assert (read.name, read.data.tolist()) == ("X", [1.0])


def test_request_of_the_best_known_client_is_read() -> None:
    request = decode({"id": "7", "inputs": [X], "parameters": {"binary_data_output": True}})

    assert (request.id, request.outputs, request.parameters.binary_outputs) == ("7", None, True)


def test_outputs_are_wanted_by_name() -> None:
    outputs = [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probabilities"}]

    assert decode({"inputs": [X], "outputs": outputs}).outputs == [
        RequestedOutput("label", binary=False),
        RequestedOutput("probabilities", binary=False),
    ]


@pytest.mark.parametrize("outputs", [[], None])
def test_no_output_named_means_all(outputs: Any) -> None:
    assert decode({"inputs": [X], "outputs": outputs}).outputs is None


def test_unknown_keys_are_ignored() -> None:
    assert decode({"inputs": [{**X, "colour": [1]}], "more": {"a": []}}).inputs[0].data.tolist() == [1.5, 2.5]


def test_request_at_every_limit_is_accepted() -> None:
    inputs = [{"name": "n" * 256, "datatype": "UINT8", "shape": [100] + [1] * 7, "data": [7] * 100}] * 3
    request = decode({"id": "i" * 256, "inputs": inputs})

    assert request.inputs[0].data.shape == (100, 1, 1, 1, 1, 1, 1, 1)


TOO_LARGE = {
    "inputs": ({"inputs": [X] * 4}, "more than 3 inputs"),
    "outputs": ({"inputs": [X], "outputs": [{"name": "a"}] * 4}, "more than 3 outputs"),
    "elements": ({"inputs": [{**X, "shape": [101], "data": [1] * 101}]}, "input 'X': more than 100 elements"),
    "claimed elements": ({"inputs": [{**X, "shape": [2**31 - 1] * 8}]}, "input 'X': more than 100 elements"),
    "a product that wraps": ({"inputs": [{**X, "shape": [2**16] * 4}]}, "input 'X': more than 100 elements"),
}


@pytest.mark.parametrize(("document", "message"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_request_one_past_a_limit_is_too_large(document: Any, message: str) -> None:
    with pytest.raises(RequestTooLarge) as refused:
        decode(document)

    assert str(refused.value) == message


def test_answer_is_written_as_the_protocol_says() -> None:
    outputs = [
        NamedTensor("label", Datatype.BYTES, np.array(["no", "ä"], object)),
        NamedTensor("p", Datatype.FP32, np.array([[0.1], [0.25]], np.float32)),
    ]

    assert json.loads(encode_response(InferenceResponse("m", "3", outputs, "x"))) == {
        "model_name": "m",
        "model_version": "3",
        "id": "x",
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["no", "ä"]},
            {"name": "p", "datatype": "FP32", "shape": [2, 1], "data": [0.1, 0.25]},
        ],
    }


def test_id_is_left_out_where_none_was_sent() -> None:
    assert "id" not in json.loads(encode_response(InferenceResponse("m", "3", [])))


def test_what_json_cannot_say_is_null_in_an_answer() -> None:
    numbers = np.array([np.nan, np.inf, -np.inf, 1.0])
    response = encode_response(InferenceResponse("m", "1", [NamedTensor("y", Datatype.FP64, numbers)]))

    assert json.loads(response)["outputs"][0]["data"] == [None, None, None, 1.0]
