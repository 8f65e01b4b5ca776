"""Binary tensors and the parameters of outputs over the real application."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.app.api.tensors import HEADER, binary, framed, tensor
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph, sum_graph
from tests.service import service

pytestmark = pytest.mark.anyio

INFER = "/v2/models/sign/infer"
ROWS = np.array([[0.0, 0.0], [30.0, 30.0]])
BINARY = {"binary_data": True}


def publish_sign(models: Path) -> None:
    signature = matrix_signature(2, ("no", "yes"))
    publish(models, "sign", signature, sign_graph(signature))


async def test_binary_rows_are_answered_like_json(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        as_bytes = await client.post(INFER, **framed([binary(32, [2, 2])], ROWS.tobytes()))
        as_json = await client.post(INFER, json={"inputs": [tensor(ROWS.tolist(), [2, 2])]})

    assert as_bytes.json() == as_json.json()
    assert as_bytes.headers["content-type"] == "application/json"
    assert HEADER not in as_bytes.headers


async def test_numbers_whose_squares_are_infinite_are_answered_like_others(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(INFER, **framed([binary(16, [1, 2])], np.array([1e200, 0]).tobytes()))

    assert response.status_code == 200


async def test_outputs_come_back_as_bytes_when_the_request_says_so(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    body = {"inputs": [tensor([0, 0], [1, 2])], "parameters": {"binary_data_output": True}}
    async with service(tmp_path) as client:
        response = await client.post(INFER, json=body)

    length = int(response.headers[HEADER])
    outputs = orjson.loads(response.content[:length])["outputs"]
    assert response.headers["content-type"] == "application/octet-stream"
    assert [output["parameters"] for output in outputs] == [{"binary_data_size": 6}, {"binary_data_size": 8}]
    assert response.content[length:] == b"\x02\0\0\0no" + np.array([0.5, 0.5], "<f4").tobytes()


@pytest.mark.parametrize(
    ("default", "own", "in_json"),
    [(False, {}, True), (False, BINARY, False), (True, {}, False), (True, {"binary_data": False}, True)],
)
async def test_output_says_itself_or_follows_the_request(
    tmp_path: Path, default: bool, own: dict[str, bool], in_json: bool
) -> None:
    publish_sign(tmp_path)
    wanted = [{"name": "probabilities", "parameters": own}]
    body = {"inputs": [tensor([0, 0], [1, 2])], "outputs": wanted, "parameters": {"binary_data_output": default}}
    async with service(tmp_path) as client:
        response = await client.post(INFER, json=body)

    assert (HEADER not in response.headers) is in_json


async def test_raw_body_is_answered_in_bytes(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(INFER, content=ROWS.tobytes(), headers={HEADER: "0"})

    head = orjson.loads(response.content[: int(response.headers[HEADER])])
    assert [output["shape"] for output in head["outputs"]] == [[2], [2, 2]]
    assert response.content.endswith(np.array([0.5, 0.5, 0.0, 1.0], "<f4").tobytes())


async def test_binary_and_json_inputs_may_be_mixed(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    inputs = [
        binary(4, [1, 1], name="age", datatype="FP32"),
        tensor([3], [1, 1], name="rooms", datatype="INT64"),
        binary(2, [1, 1], name="floors", datatype="FP16"),
        binary(1, [1, 1], name="garden", datatype="BOOL"),
        binary(4, [1, 1], name="city", datatype="BYTES"),
        tensor(["gas"], [1, 1], name="heating", datatype="BYTES"),
    ]
    tail = np.float32(10.5).tobytes() + np.float16(np.nan).tobytes() + b"\x01" + b"\0\0\0\0"
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/house/infer", **framed(inputs, tail))

    assert response.json()["outputs"][0]["data"] == [14.5]


async def test_classes_are_text_with_labels(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    wanted = [{"name": "probabilities", "parameters": {"classification": 1}}, {"name": "label"}]
    async with service(tmp_path) as client:
        response = await client.post(INFER, json={"inputs": [tensor(ROWS.tolist(), [2, 2])], "outputs": wanted})

    assert response.json()["outputs"] == [
        {"name": "probabilities", "datatype": "BYTES", "shape": [2, 1], "data": ["0.500000:0:no", "1.000000:1:yes"]},
        {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["no", "yes"]},
    ]


async def test_own_parameters_come_back_and_reserved_ones_do_not(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    own = {"trace": "ä", "n": 1, "x": 0.5, "on": True}
    reserved = {"binary_data_output": False, "timeout": 0, "priority": 1, "sequence_id": 7, "triton_x": "y"}
    async with service(tmp_path) as client:
        with_own = await client.post(INFER, json={"inputs": [tensor([0, 0], [1, 2])], "parameters": own | reserved})
        without = await client.post(INFER, json={"inputs": [tensor([0, 0], [1, 2])], "parameters": reserved})

    assert with_own.json()["parameters"] == own
    assert "parameters" not in without.json()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown output": (
        {"outputs": [{"name": "X"}]},
        "'outputs' must name each requested output once, out of: label, pr",
    ),
    "output twice": (
        {"outputs": [{"name": "label"}] * 2},
        "'outputs' must name each requested output once, out of: label",
    ),
    "classes of text": (
        {"outputs": [{"name": "label", "parameters": {"classification": 1}}]},
        "output 'label': 'classification' is for outputs of numbers",
    ),
}


@pytest.mark.parametrize(("more", "message"), REFUSED.values(), ids=REFUSED.keys())
async def test_outputs_that_the_model_does_not_have_are_refused(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(INFER, json={"inputs": [tensor([0, 0], [1, 2])], **more})

    assert response.status_code == 400
    assert response.json()["error"].startswith(message)


async def test_large_body_is_answered_like_a_small_one(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    many = np.zeros((50_000, 2))
    async with service(tmp_path) as client:
        response = await client.post(INFER, **framed([binary(many.nbytes, [50_000, 2])], many.tobytes()))

    assert response.json()["outputs"][0]["shape"] == [50_000]


async def test_request_whose_own_timeout_is_over_is_told_so(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        late, punctual = [
            await client.post(INFER, json={"inputs": [tensor([0, 0], [1, 2])], "parameters": {"timeout": microseconds}})
            for microseconds in (1, 60_000_000)
        ]

    assert (late.status_code, punctual.status_code) == (504, 200)
    assert late.json() == {
        "error": "model 'sign' could not respond within the deadline; retry later or allow more time"
    }
