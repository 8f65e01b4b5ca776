"""The Open Inference Protocol over the real application."""

from pathlib import Path
from typing import Any

import pytest

from tests.app.api.tensors import tensor
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import failing_graph, sign_graph, sum_graph
from tests.service import service

pytestmark = pytest.mark.anyio


def house(**changes: Any) -> list[dict[str, Any]]:
    inputs = {
        "age": tensor([10.5], [1, 1], name="age"),
        "rooms": tensor([3], [1, 1], name="rooms", datatype="INT64"),
        "floors": tensor([2.0], [1, 1], name="floors"),
        "garden": tensor([True], [1, 1], name="garden", datatype="BOOL"),
        "city": tensor(["Ulm"], [1, 1], name="city", datatype="BYTES"),
        "heating": tensor(["gas"], [1, 1], name="heating", datatype="BYTES"),
    }
    return [{**value, **changes.get(name, {})} for name, value in inputs.items()]


async def test_infer_answers_every_output_and_the_id(tmp_path: Path) -> None:
    signature = matrix_signature(2, (0, 1))
    publish(tmp_path, "sign", signature, sign_graph(signature))
    async with service(tmp_path) as client:
        response = await client.post(
            "/v2/models/sign/infer", json={"id": "q", "inputs": [tensor([[0, 0], [30, 30]], [2, 2])]}
        )

    assert response.json() == {
        "model_name": "sign",
        "model_version": "1",
        "id": "q",
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [2], "data": [0, 1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [2, 2], "data": [0.5, 0.5, 0.0, 1.0]},
        ],
    }


@pytest.mark.parametrize("data", [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]], [[1], [2], [3], [4], [5], [6]]])
async def test_data_may_be_flat_or_nested(tmp_path: Path, data: list[Any]) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/sum/versions/1/infer", json={"inputs": [tensor(data, [2, 3])]})

    assert response.json()["outputs"][0]["data"] == [6.0, 15.0]


async def test_outputs_can_be_chosen_and_ordered(tmp_path: Path) -> None:
    signature = matrix_signature(2, (0, 1))
    publish(tmp_path, "sign", signature, sign_graph(signature))
    wanted = [{"name": "probabilities"}, {"name": "label"}]
    async with service(tmp_path) as client:
        response = await client.post(
            "/v2/models/sign/infer", json={"inputs": [tensor([0, 0], [1, 2])], "outputs": wanted}
        )

    assert [output["name"] for output in response.json()["outputs"]] == ["probabilities", "label"]


async def test_mixed_columns_of_every_datatype(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        full = await client.post("/v2/models/house/infer", json={"inputs": house()})
        sparse = await client.post(
            "/v2/models/house/infer", json={"inputs": house(age={"data": [None]}, city={"data": [None]})}
        )

    assert full.json()["outputs"][0]["data"] == [16.5]
    assert sparse.json()["outputs"][0]["data"] == [6.0]


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT8", "UINT16", "INT32", "INT64"])
async def test_numbers_of_any_width_are_accepted(tmp_path: Path, datatype: str) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(
            "/v2/models/sum/infer", json={"inputs": [tensor([4, 2, 1], [1, 3], datatype=datatype)]}
        )

    assert response.json()["outputs"][0]["data"] == [7.0]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([tensor([1, 2], [1, 2])], "input 'X': shape must be [-1, 3], -1 for any number of rows"),
        ([tensor([1, 2, 3], [1, 3], name="Y")], "'inputs' must give each input of the model once: X"),
        ([tensor([1, 2, 3], [1, 3])] * 2, "'inputs' must give each input of the model once: X"),
        ([tensor([True, True, True], [1, 3], datatype="BOOL")], "input 'X': datatype must be FP64"),
        (
            [tensor([1, 2, 2**53 + 1], [1, 3], datatype="INT64")],
            "input 'X': datatype must be FP64, which not all of these values fit exactly",
        ),
        ([tensor([1, 2, None], [1, 3])], "feature 'f2': missing values are not accepted"),
        ([tensor([], [0, 3])], "all inputs must have the same number of rows, at least 1"),
    ],
    ids=["shape", "name", "twice", "datatype", "inexact", "missing", "no rows"],
)
async def test_tensor_that_does_not_fit_the_model_is_refused(tmp_path: Path, inputs: Any, message: str) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/sum/infer", json={"inputs": inputs})

    assert (response.status_code, response.json()) == (400, {"error": message})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heating": {"data": ["coal"]}}, "input 'heating': only the categories seen in training are accepted"),
        ({"heating": {"data": [""]}}, "input 'heating': missing values are not accepted"),
        ({"garden": {"data": [1]}}, "input 'garden': 'data' must hold only true and false, as its datatype BOOL says"),
        ({"floors": {"data": [2.5]}}, "input 'floors': only whole numbers between -2^53 and 2^53 are accepted"),
        ({"rooms": {"data": [2**53 + 1]}}, "input 'rooms': only whole numbers between -2^53 and 2^53 are accepted"),
        ({"age": {"data": [1, 2], "shape": [2, 1]}}, "all inputs must have the same number of rows, at least 1"),
    ],
    ids=["unseen category", "missing text", "number for boolean", "half a floor", "too many rooms", "row counts"],
)
async def test_column_that_does_not_fit_is_refused(tmp_path: Path, changes: Any, message: str) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/house/infer", json={"inputs": house(**changes)})

    assert (response.status_code, response.json()) == (400, {"error": message})


@pytest.mark.parametrize("text", ["Infinity", "-Infinity", "1e400"])
async def test_infinity_is_refused(tmp_path: Path, text: str) -> None:
    publish(tmp_path)
    body = f'{{"inputs": [{{"name": "X", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, {text}]}}]}}'
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/sum/infer", content=body)

    assert response.status_code == 400


async def test_bare_nan_is_missing_where_the_feature_may_be_missing(tmp_path: Path) -> None:
    signature = matrix_signature(3, nullable=True)
    publish(tmp_path, "sum", signature, sum_graph(signature))
    body = '{"inputs": [{"name": "X", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, NaN]}]}'
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/sum/infer", content=body)

    assert response.json()["outputs"][0]["data"] == [3.0]


async def test_metadata_lists_the_signature(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        server, model = await client.get("/v2"), await client.get("/v2/models/sum")

    assert set(server.json()) == {"name", "version", "extensions"}
    assert {key: value for key, value in model.json().items() if key != "parameters"} == {
        "name": "sum",
        "versions": ["1"],
        "platform": "onnx_onnxv1",
        "inputs": [{"name": "X", "datatype": "FP64", "shape": [-1, 3]}],
        "outputs": [{"name": "value", "datatype": "FP32", "shape": [-1, 1]}],
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/models/sum/ready", 200),
        ("/v2/models/sum/versions/1/ready", 200),
        ("/v2/models/sum/versions/2/ready", 404),
        ("/v2/models/other/ready", 404),
        ("/v2/models/sum/versions/1", 200),
        ("/v2/health/live", 200),
        ("/v2/health/ready/", 200),
    ],
)
async def test_readiness_by_model_and_version(tmp_path: Path, path: str, status: int) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.get(path)

    assert response.status_code == status


async def test_failing_graph_fails_its_own_request_in_general_words(tmp_path: Path) -> None:
    signature = matrix_signature(2)
    publish(tmp_path, "fragile", signature, failing_graph(signature))
    async with service(tmp_path) as client:
        bad = await client.post("/v2/models/fragile/infer", json={"inputs": [tensor([9000, 1], [1, 2])]})
        good = await client.post("/v2/models/fragile/infer", json={"inputs": [tensor([9, 1], [1, 2])]})

    assert (bad.status_code, bad.json()["error"]) == (
        500,
        "the server failed on this request; its log has the details",
    )
    assert good.json()["outputs"][0]["data"] == [10.0]
