"""Metadata, configuration, readiness and metrics say what really runs where."""

from pathlib import Path

import pytest

from tests.factories import publish
from tests.keyring import add_key
from tests.service import service, until

pytestmark = pytest.mark.anyio

RUNS = {
    "variant": "fp32",
    "variant_reason": "the only one that gives these bits",
    "provider": "CPU",
    "placement": "CPU runs 5 operators",
    "threads": 1,
    "reason": "CPU with 1 thread(s) per run: no CUDA provider in this onnxruntime",
    "serving": "up to 1,024 rows run together, 100,000 may wait, 10 s deadline",
}


async def test_metadata_and_readiness_say_what_runs_where(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        metadata = (await client.get("/v2/models/sum")).json()
        (model,) = (await client.get("/health/ready?verbose")).json()["models"]
        plain = (await client.get("/health/ready")).json()

    assert metadata["parameters"] == {"variant": "fp32", "provider": "CPU", "threads": 1}
    assert model["versions"] == {"1": RUNS}
    assert plain == {"ready": True}


async def test_metrics_count_the_operators_of_each_provider(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        text = (await client.get("/metrics")).text

    assert 'slipway_model_operators{model="sum",provider="CPU",version="1"} 5.0' in text


async def test_configuration_shows_the_options_of_the_model(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    config = tmp_path / "models.toml"
    config.write_text("[models.sum]\nmax_batch_size = 7\nmax_queue_size = 70\nmax_queue_delay_ms = 1.5\n")
    async with service(tmp_path / "models", model_config_file=config, deadline_seconds=2) as client:
        found = (await client.get("/v2/models/sum/config")).json()

    assert found["max_batch_size"] == 7
    assert found["dynamic_batching"] == {
        "max_queue_delay_microseconds": 1500,
        "default_queue_policy": {
            "max_queue_size": 70,
            "default_timeout_microseconds": 2_000_000,
            "timeout_action": "REJECT",
            "allow_timeout_override": True,
        },
    }
    assert found["instance_group"] == [{"count": 1, "kind": "KIND_CPU"}]


async def test_model_that_demands_a_gpu_is_not_served_without_one(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    config = tmp_path / "models.toml"
    config.write_text("[models.sum]\nrequire_gpu = true\n")
    async with service(tmp_path / "models", model_config_file=config, wait=False) as client:
        found = await until(client, "/health/ready?verbose", "a GPU is required, but this onnxruntime can use none")

    assert '"ready":false' in found


async def test_readiness_tells_nothing_of_models_where_callers_need_keys(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    add_key(tmp_path / "keys.json")
    async with service(tmp_path / "models", keys=tmp_path / "keys.json") as client:
        response = await client.get("/health/ready?verbose")

    assert response.json() == {"ready": True}
