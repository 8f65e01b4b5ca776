"""The service on a GPU: metadata and metrics say that it runs there, and all endpoints answer as on the CPU."""

from pathlib import Path

import pytest

from tests.factories import matrix_signature, publish
from tests.gpu.graphs import FEATURES, network, rows
from tests.service import service, until

pytestmark = pytest.mark.anyio


def publish_network(models: Path) -> None:
    publish(models, "net", matrix_signature(FEATURES), network(double=True))


async def test_model_runs_on_the_gpu_and_says_so(tmp_path: Path) -> None:
    publish_network(tmp_path)
    body = {"instances": [[float(number) for number in row] for row in rows(5)]}
    async with service(tmp_path, device="cuda") as client:
        metadata = (await client.get("/v2/models/net")).json()
        metrics = await until(client, "/metrics", "slipway_model_info")
        on_gpu = (await client.post("/predict/net", json=body)).json()["predictions"]
    async with service(tmp_path, device="cpu") as client:
        on_cpu = (await client.post("/predict/net", json=body)).json()["predictions"]

    assert metadata["parameters"]["provider"].startswith("CUDA")
    assert 'provider="CUDA' in metrics
    assert [found["value"] for found in on_gpu] == pytest.approx([found["value"] for found in on_cpu], abs=1e-2)


async def test_model_that_requires_a_gpu_is_served_with_one(tmp_path: Path) -> None:
    publish_network(tmp_path / "models")
    config = tmp_path / "models.toml"
    config.write_text("[models.net]\nrequire_gpu = true\n")
    async with service(tmp_path / "models", model_config_file=config) as client:
        assert (await client.get("/v2/models/net/ready")).status_code == 200
