"""Version 1 as TensorFlow Serving and KServe clients speak it, over the real application."""

from pathlib import Path
from typing import Any

import pytest

from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph, sum_graph
from tests.service import service

pytestmark = pytest.mark.anyio

HOUSE = {"age": 10.5, "rooms": 3, "floors": 2, "garden": True, "city": "Ulm", "heating": "gas"}


def publish_sign(models: Path) -> None:
    signature = matrix_signature(2, ("no", "yes"))
    publish(models, "sign", signature, sign_graph(signature))


@pytest.mark.parametrize("path", ["/v1/models/sign:predict", "/v1/models/sign/versions/1:predict"])
@pytest.mark.parametrize("instances", [[[0, 0], [30, 30]], [{"f0": 0, "f1": 0}, {"f1": 30, "f0": 30}]])
async def test_instances_get_the_predictions_of_the_other_door(tmp_path: Path, path: str, instances: Any) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        v1 = await client.post(path, json={"instances": instances})
        rows = await client.post("/predict/sign", json={"instances": instances})

    assert v1.json() == {"predictions": rows.json()["predictions"]}
    assert v1.json()["predictions"][1] == {"label": "yes", "probabilities": {"no": 0.0, "yes": 1.0}}


async def test_signature_name_changes_nothing(tmp_path: Path) -> None:
    publish(tmp_path)
    body = {"signature_name": "serving_default", "instances": [[1, 2, 3]]}
    async with service(tmp_path) as client:
        response = await client.post("/v1/models/sum:predict", json=body)

    assert response.json() == {"predictions": [{"value": 6.0}]}


async def test_columns_are_answered_with_columns(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/v1/models/sign:predict", json={"inputs": {"f0": [0, 30], "f1": [0, 30]}})

    assert response.json() == {"outputs": {"label": ["no", "yes"], "probabilities": [[0.5, 0.5], [0.0, 1.0]]}}


async def test_only_output_of_columns_stands_alone(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        response = await client.post(
            "/v1/models/house:predict", json={"inputs": {name: [[value]] for name, value in HOUSE.items()}}
        )

    assert response.json() == {"outputs": [[16.5]]}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/models/sign:predict", {"instances": [[1]]}, 422),
        ("/v1/models/sign:predict", {"inputs": {"f0": [1]}}, 400),
        ("/v1/models/sign:predict", {}, 400),
        ("/v1/models/nobody:predict", {"instances": [[1, 2]]}, 404),
        ("/v1/models/sign/versions/9:predict", {"instances": [[1, 2]]}, 404),
        ("/v1/models/sign:classify", {"instances": [[1, 2]]}, 405),
        ("/v1/models/sign", {"instances": [[1, 2]]}, 405),
    ],
)
async def test_wrong_call_is_one_sentence(tmp_path: Path, path: str, body: Any, status: int) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(path, json=body)

    assert response.status_code == status
    assert response.json()["error"]


async def test_status_satisfies_both_kinds_of_clients(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        responses = [await client.get(f"/v1/models/sign{path}") for path in ("", "/versions/1")]

    available = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert [response.json() for response in responses] == [
        {"name": "sign", "ready": True, "model_version_status": [available]}
    ] * 2


async def test_models_are_listed_by_name(tmp_path: Path) -> None:
    publish(tmp_path, "b")
    publish(tmp_path, "a")
    async with service(tmp_path) as client:
        response = await client.get("/v1/models")

    assert response.json() == {"models": ["a", "b"]}


async def test_metadata_is_a_signature_as_tensorflow_writes_it(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        metadata = (await client.get("/v1/models/sign/metadata")).json()
        of_version = (await client.get("/v1/models/sign/versions/1/metadata")).json()

    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    shape = {"dim": [{"size": "-1", "name": ""}, {"size": "2", "name": ""}], "unknown_rank": False}
    assert metadata["model_spec"] == {"name": "sign", "signature_name": "", "version": "1"}
    assert signature["inputs"] == {"X": {"dtype": "DT_DOUBLE", "tensor_shape": shape, "name": "X:0"}}
    assert signature["outputs"]["label"]["dtype"] == "DT_STRING"
    assert of_version == metadata


@pytest.mark.parametrize("path", ["", "/metadata", "/versions/1", "/versions/1/metadata"])
async def test_unknown_model_is_not_found(tmp_path: Path, path: str) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.get(f"/v1/models/nobody{path}")

    assert (response.status_code, set(response.json())) == (404, {"error"})


async def test_unknown_version_is_not_found(tmp_path: Path) -> None:
    publish_sign(tmp_path)
    async with service(tmp_path) as client:
        response = await client.get("/v1/models/sign/versions/9")

    assert (response.status_code, response.json()) == (404, {"error": "model 'sign' has no such version; served: 1"})
