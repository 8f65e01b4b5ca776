"""The paths that managed platforms call, by one setting."""

from pathlib import Path

import pytest

from slipway_ml.settings import Settings
from tests.factories import publish
from tests.keyring import add_key, bearer
from tests.service import service, until

pytestmark = pytest.mark.anyio

ROWS = {"instances": [[1, 2, 3]]}


async def test_sagemaker_finds_its_two_paths(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, platform="sagemaker") as client:
        ping = await client.get("/ping")
        called = await client.post("/invocations", json=ROWS)
        usual = await client.post("/predict/sum", json=ROWS)

    assert (ping.status_code, ping.json()) == (200, {"ready": True})
    assert called.json() == {"predictions": [{"value": 6.0}]}
    assert usual.status_code == 200


async def test_vertex_says_its_paths_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIP_HEALTH_ROUTE", "/v1/endpoints/7/health")
    monkeypatch.setenv("AIP_PREDICT_ROUTE", "/v1/endpoints/7:predict")
    publish(tmp_path)
    async with service(tmp_path, platform="vertex") as client:
        health = await client.get("/v1/endpoints/7/health")
        called = await client.post("/v1/endpoints/7:predict", json=ROWS)

    assert health.status_code == 200
    assert called.json() == {"predictions": [{"value": 6.0}]}


async def test_platform_finds_the_server_not_ready_before_there_is_a_model(tmp_path: Path) -> None:
    async with service(tmp_path, platform="sagemaker", wait=False) as client:
        empty = await client.get("/ping")
        publish(tmp_path)
        await until(client, "/ping", "true")

    assert empty.status_code == 503


async def test_of_several_models_the_one_that_is_named_is_called(tmp_path: Path) -> None:
    for name in ("first", "second"):
        publish(tmp_path, name)
    async with service(tmp_path, platform="sagemaker", platform_model="second", access_log=True) as client:
        named = await client.post("/invocations", json=ROWS)
    async with service(tmp_path, platform="sagemaker") as client:
        unnamed = await client.post("/invocations", json=ROWS)

    assert (named.status_code, unnamed.status_code) == (200, 404)


async def test_keys_are_asked_for_where_they_are_given(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    key = add_key(tmp_path / "keys.json")
    async with service(tmp_path / "models", platform="sagemaker", keys=tmp_path / "keys.json") as client:
        statuses = [
            (await client.post("/invocations", json=ROWS, headers=headers)).status_code for headers in ({}, bearer(key))
        ]

    assert statuses == [401, 200]


@pytest.mark.parametrize(
    ("platform", "variable"), [("vertex", "AIP_HTTP_PORT"), ("sagemaker", "SAGEMAKER_BIND_TO_PORT")]
)
def test_platform_says_where_to_listen_unless_the_operator_does(
    platform: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Settings(platform=platform)
    monkeypatch.setenv(variable, "9090")
    told = Settings(platform=platform)
    own = Settings(platform=platform, port=7000, host="127.0.0.1")

    assert (usual.host, usual.port, usual.insecure) == ("0.0.0.0", 8080, True)  # noqa: S104
    assert told.port == 9090
    assert (own.host, own.port) == ("127.0.0.1", 7000)
