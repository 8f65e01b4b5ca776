"""Statistics, configuration and the repository over the real application."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app.api.tensors import tensor
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import failing_graph, sign_graph, sum_graph
from tests.service import service, until

pytestmark = pytest.mark.anyio

ROW = {"inputs": [tensor([1, 2, 3], [1, 3])]}
EXPLICIT: dict[str, Any] = {"model_control": "explicit"}
INDEX = "/v2/repository/index"


async def test_statistics_count_rows_requests_and_runs(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        for rows in (1, 1, 4):
            await client.post("/predict/sum", json={"instances": [[1, 2, 3]] * rows})
        (found,) = (await client.get("/v2/models/sum/stats")).json()["model_stats"]

    assert (found["name"], found["version"]) == ("sum", "1")
    assert (found["inference_count"], found["execution_count"]) == (6, 3)
    assert [(batch["batch_size"], batch["compute_infer"]["count"]) for batch in found["batch_stats"]] == [
        (1, 2),
        (4, 1),
    ]
    assert {name: block["count"] for name, block in found["inference_stats"].items()} == {
        "success": 3,
        "fail": 0,
        "queue": 3,
        "compute_input": 3,
        "compute_infer": 3,
        "compute_output": 3,
        "cache_hit": 0,
        "cache_miss": 0,
    }
    assert found["inference_stats"]["success"]["ns"] >= found["inference_stats"]["compute_infer"]["ns"] > 0


async def test_failures_are_counted_apart(tmp_path: Path) -> None:
    signature = matrix_signature(2)
    publish(tmp_path, "fragile", signature, failing_graph(signature))
    async with service(tmp_path) as client:
        await client.post("/v2/models/fragile/infer", json={"inputs": [tensor([9000, 1], [1, 2])]})
        late = {"inputs": [tensor([9, 1], [1, 2])], "parameters": {"timeout": 1}}
        await client.post("/v2/models/fragile/infer", json=late)
        (found,) = (await client.get("/v2/models/fragile/versions/1/stats")).json()["model_stats"]

    stats = found["inference_stats"]
    assert (stats["fail"]["count"], stats["success"]["count"], found["inference_count"]) == (2, 0, 0)
    assert stats["fail"]["ns"] > 0


async def test_statistics_without_a_model_are_those_of_all(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    publish(tmp_path, "second")
    async with service(tmp_path) as client:
        found = (await client.get("/v2/models/stats")).json()["model_stats"]

    assert [(entry["name"], entry["last_inference"]) for entry in found] == [("first", 0), ("second", 0)]


async def test_configuration_says_what_the_perf_tools_read(tmp_path: Path) -> None:
    signature = matrix_signature(2, ("no", "yes"))
    publish(tmp_path, "sign", signature, sign_graph(signature))
    async with service(tmp_path, max_batch_rows=64) as client:
        config = (await client.get("/v2/models/sign/config")).json()

    assert (config["name"], config["platform"], config["max_batch_size"]) == ("sign", "onnxruntime_onnx", 64)
    assert config["input"] == [{"name": "X", "data_type": "TYPE_FP64", "dims": [2]}]
    assert config["output"] == [
        {"name": "label", "data_type": "TYPE_STRING", "dims": [1], "reshape": {"shape": []}},
        {"name": "probabilities", "data_type": "TYPE_FP32", "dims": [2]},
    ]


async def test_configuration_has_every_column(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        config = (await client.get("/v2/models/house/versions/1/config")).json()

    assert [(entry["name"], entry["data_type"], entry["dims"]) for entry in config["input"]][2:5] == [
        ("floors", "TYPE_FP64", [1]),
        ("garden", "TYPE_BOOL", [1]),
        ("city", "TYPE_STRING", [1]),
    ]


@pytest.mark.parametrize("path", ["stats", "config", "versions/1/stats", "versions/7/config"])
async def test_unknown_model_or_version_has_neither(tmp_path: Path, path: str) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        model = await client.get(f"/v2/models/{'sum' if '7' in path else 'nobody'}/{path}")

    assert (model.status_code, set(model.json())) == (404, {"error"})


@pytest.mark.parametrize("body", ["", "{}", '{"ready": true}', '{"ready": false}'])
async def test_index_lists_what_is_served(tmp_path: Path, body: str) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(INDEX, content=body)

    assert response.json() == [{"name": "sum", "version": "1", "state": "READY", "reason": ""}]


async def test_index_says_why_a_version_is_not_served_unless_only_ready_ones_are_asked_for(tmp_path: Path) -> None:
    publish(tmp_path)
    (publish(tmp_path, "broken").folder / "model.onnx").write_bytes(b"no graph")
    async with service(tmp_path, wait=False) as client:
        await until_index(client, "UNAVAILABLE", "READY")
        every = (await client.post(INDEX)).json()
        ready = (await client.post(INDEX, json={"ready": True})).json()

    assert [(row["name"], row["state"]) for row in every] == [("broken", "UNAVAILABLE"), ("sum", "READY")]
    assert "broken" in every[0]["reason"]
    assert [row["name"] for row in ready] == ["sum"]


async def until_index(client: Any, *states: str) -> None:
    async with asyncio.timeout(60):
        while not set(states) <= {row["state"] for row in (await client.post(INDEX)).json()}:
            await asyncio.sleep(0.02)


WRONG = {'{"ready": 1}': 400, "[]": 400, "nonsense": 400, "null": 400, "[" * 10_000: 400, "[" * 250_000: 413}


async def test_index_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        responses = {body: await client.post(INDEX, content=body) for body in WRONG}

    assert {body: response.status_code for body, response in responses.items()} == WRONG
    assert all(set(response.json()) == {"error"} for response in responses.values())


async def test_unload_and_load_act_on_this_process(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path, "other")
    async with service(tmp_path, **EXPLICIT) as client:
        unloaded = await client.post(
            "/v2/repository/models/sum/unload", json={"parameters": {"unload_dependents": False}}
        )
        gone = await client.post("/v2/models/sum/infer", json=ROW)
        index = (await client.post(INDEX)).json()
        loaded = await client.post("/v2/repository/models/sum/load", json={})
        back = await client.post("/v2/models/sum/infer", json=ROW)

    assert [response.status_code for response in (unloaded, gone, loaded, back)] == [200, 404, 200, 200]
    assert index[1] == {"name": "sum", "state": "UNAVAILABLE", "reason": "unloaded"}


async def test_unloaded_model_stays_away_whatever_the_folder_says(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, **EXPLICIT) as client:
        await client.post("/v2/repository/models/sum/unload")
        publish(tmp_path, "later")
        await until(client, "/v2/models", '"name":"later","default_version":"1"')
        models = (await client.get("/v1/models")).json()["models"]

    assert models == ["later"]


async def test_new_model_can_be_loaded_before_the_next_look(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, poll_seconds=3600, **EXPLICIT) as client:
        publish(tmp_path, "later")
        loaded = await client.post("/v2/repository/models/later/load")
        response = await client.post("/v2/models/later/infer", json=ROW)

    assert (loaded.status_code, response.status_code) == (200, 200)


@pytest.mark.parametrize("action", ["load", "unload"])
async def test_folder_alone_decides_unless_the_operator_says_otherwise(tmp_path: Path, action: str) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(f"/v2/repository/models/sum/{action}")

    assert response.status_code == 403
    assert "--model-control explicit" in response.json()["error"]


REFUSED: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "load of nobody": ("nobody", "load", {}, 404),
    "unload of nobody": ("nobody", "unload", {}, 404),
    "load of what is broken": ("broken", "load", {}, 503),
    "load with a configuration": ("sum", "load", {"parameters": {"config": "{}"}}, 400),
    "load with files": ("sum", "load", {"parameters": {"file:1/model.onnx": ""}}, 400),
    "parameters of another kind": ("sum", "load", {"parameters": [1]}, 400),
}


@pytest.mark.parametrize(("model", "action", "body", "status"), REFUSED.values(), ids=REFUSED.keys())
async def test_control_that_cannot_be_done_is_refused(
    tmp_path: Path, model: str, action: str, body: dict[str, Any], status: int
) -> None:
    publish(tmp_path)
    (publish(tmp_path, "broken").folder / "model.onnx").write_bytes(b"no graph")
    async with service(tmp_path, wait=False, **EXPLICIT) as client:
        await until_index(client, "UNAVAILABLE")
        response = await client.post(f"/v2/repository/models/{model}/{action}", json=body)

    assert (response.status_code, set(response.json())) == (status, {"error"})


async def test_server_advertises_what_works(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        server = (await client.get("/v2")).json()

    assert server["extensions"] == [
        "binary_tensor_data",
        "classification",
        "model_configuration",
        "model_repository",
        "parameters",
        "schedule_policy",
        "statistics",
    ]
