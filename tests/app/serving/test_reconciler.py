"""The service follows its folder: new versions, promotions, damage, the last good champion."""

from pathlib import Path

import pytest

from slipway_ml.contract.manifest import GoldenRow, GoldenRows, ModelManifest
from slipway_ml.registry.store import Registry
from tests.factories import matrix_signature, no_better_than_baseline, publish
from tests.graphs import failing_graph, sum_graph
from tests.service import service, until, until_ready

pytestmark = pytest.mark.anyio

ROW = {"instances": [{"f0": 1, "f1": 2, "f2": 3}]}


def publish_shifted(models: Path, offset: float) -> None:
    signature = matrix_signature()
    publish(models, "sum", signature, sum_graph(signature, offset))


def damage(models: Path, version: int, file: str = "model.onnx") -> None:
    path = models / "sum" / str(version) / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


async def test_models_are_picked_up_when_the_folder_appears(tmp_path: Path) -> None:
    async with service(tmp_path / "later", wait=False) as client:
        before = await client.get("/health/ready")
        publish(tmp_path / "later")
        await until_ready(client)
        response = await client.post("/predict/sum", json=ROW)

    assert (before.status_code, response.json()["predictions"]) == (503, [{"value": 6.0}])


async def test_empty_folder_is_live_but_not_ready_and_says_why(tmp_path: Path) -> None:
    async with service(tmp_path, wait=False) as client:
        live, ready = await client.get("/health/live"), await client.get("/health/ready")

    assert (live.status_code, ready.status_code) == (200, 503)
    assert "no model is served" in ready.json()["error"]


async def test_new_version_serves_only_once_promoted(tmp_path: Path) -> None:
    publish_shifted(tmp_path, 0)
    async with service(tmp_path) as client:
        publish_shifted(tmp_path, 100)
        before = (await client.post("/predict/sum", json=ROW)).json()
        Registry(tmp_path).promote("sum", 2)
        await until(client, "/v2/models", '"default_version":"2"')
        after = (await client.post("/predict/sum", json=ROW)).json()

    assert (before["version"], before["predictions"]) == ("1", [{"value": 6.0}])
    assert (after["version"], after["predictions"]) == ("2", [{"value": 106.0}])


async def test_rollback_brings_the_earlier_champion_back(tmp_path: Path) -> None:
    publish_shifted(tmp_path, 0)
    publish_shifted(tmp_path, 100)
    registry = Registry(tmp_path)
    registry.promote("sum", 2)
    async with service(tmp_path) as client:
        registry.rollback("sum")
        await until(client, "/v2/models", '"default_version":"1"')
        response = await client.post("/predict/sum", json=ROW)

    assert response.json()["version"] == "1"


async def test_every_version_with_an_alias_can_be_asked_for(tmp_path: Path) -> None:
    publish_shifted(tmp_path, 0)
    publish_shifted(tmp_path, 100)
    Registry(tmp_path).promote("sum", 2, alias="challenger")
    async with service(tmp_path) as client:
        values = [(await client.post(f"/predict/sum/versions/{v}", json=ROW)).json()["predictions"] for v in (1, 2)]
        missing = await client.post("/predict/sum/versions/3", json=ROW)

    assert values == [[{"value": 6.0}], [{"value": 106.0}]]
    assert (missing.status_code, missing.json()["error"]) == (404, "model 'sum' has no such version; served: 1, 2")


@pytest.mark.parametrize("file", ["model.onnx", "manifest.json"])
async def test_damaged_champion_is_skipped_and_the_last_good_one_serves(tmp_path: Path, file: str) -> None:
    publish_shifted(tmp_path, 0)
    publish_shifted(tmp_path, 100)
    Registry(tmp_path).promote("sum", 2)
    damage(tmp_path, 2, file)

    async with service(tmp_path) as client:
        response = await client.post("/predict/sum", json=ROW)
        metrics = (await client.get("/metrics")).text

    assert response.json()["version"] == "1"
    assert 'slipway_degraded{model="sum"} 1.0' in metrics
    assert 'slipway_model_load_failures_total{model="sum"} 1.0' in metrics


async def test_damaged_new_champion_does_not_take_the_loaded_one_away(tmp_path: Path) -> None:
    publish_shifted(tmp_path, 0)
    publish_shifted(tmp_path, 100)
    async with service(tmp_path) as client:
        Registry(tmp_path).promote("sum", 2)
        damage(tmp_path, 2)
        await until(client, "/metrics", 'slipway_desired_generation{model="sum"} 2.0')
        response, ready = await client.post("/predict/sum", json=ROW), await client.get("/health/ready")

    assert response.json()["version"] in {"1", "2"}
    assert ready.status_code == 200


async def test_repaired_champion_is_taken_up_again(tmp_path: Path) -> None:
    publish_shifted(tmp_path, 0)
    publish_shifted(tmp_path, 100)
    Registry(tmp_path).promote("sum", 2)
    damage(tmp_path, 2)
    async with service(tmp_path) as client:
        damage(tmp_path, 2)  # flips the same bit back
        await until(client, "/metrics", 'slipway_degraded{model="sum"} 0.0')
        response = await client.post("/predict/sum", json=ROW)

    assert response.json()["version"] == "2"


async def test_model_without_a_good_version_is_unavailable_and_holds_readiness_back(tmp_path: Path) -> None:
    publish(tmp_path)
    damage(tmp_path, 1)
    async with service(tmp_path, wait=False) as client:
        body = await until(client, "/health/ready", "no usable version of: sum")
        response = await client.post("/predict/sum", json=ROW)

    assert '"ready":false' in body
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


async def test_bad_new_model_does_not_take_a_ready_replica_away(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    async with service(tmp_path) as client:
        publish(tmp_path / "elsewhere", "sum")
        damage(tmp_path / "elsewhere", 1)
        (tmp_path / "elsewhere" / "sum").rename(tmp_path / "sum")
        await until(client, "/metrics", 'slipway_model_load_failures_total{model="sum"} 1.0')
        ready = await client.get("/health/ready")

    assert ready.status_code == 200


async def test_wrong_golden_rows_keep_a_version_from_serving(tmp_path: Path) -> None:
    publish_shifted(tmp_path, 0)
    signature = matrix_signature()
    lying = sum_graph(signature, 5)
    publish(
        tmp_path,
        "sum",
        signature,
        lying,
        change=lambda m: m.model_copy(
            update={
                "golden_rows": m.golden_rows.model_copy(
                    update={"rows": (m.golden_rows.rows[0].model_copy(update={"value": 1.0}),)}
                )
            }
        ),
    )
    Registry(tmp_path).promote("sum", 2)

    async with service(tmp_path) as client:
        response = await client.post("/predict/sum", json=ROW)

    assert response.json()["version"] == "1"


async def test_golden_values_of_thousands_are_compared_within_the_stated_tolerance(tmp_path: Path) -> None:
    row = GoldenRow(row=dict.fromkeys(("f0", "f1", "f2"), 1000.0), value=3001.0)
    off_by_one = GoldenRows(rows=(row,), tolerance=0.03)
    publish(tmp_path, "sum", change=lambda manifest: manifest.model_copy(update={"golden_rows": off_by_one}))
    async with service(tmp_path, wait=False) as client:
        body = await until(client, "/health/ready", "no usable version of: sum")

    assert '"ready":false' in body


async def test_version_that_fails_on_its_own_rows_leaves_the_others_alone(tmp_path: Path) -> None:
    signature = matrix_signature(2)
    publish(tmp_path, "a_fragile", signature, failing_graph(signature), change=_with_a_row_that_fails)
    publish(tmp_path, "sum")
    async with service(tmp_path, wait=False) as client:
        await until(client, "/v2/models", '"name":"sum","default_version":"1"')
        metrics = (await client.get("/metrics")).text

    assert 'slipway_model_load_failures_total{model="a_fragile"} 1.0' in metrics
    assert 'slipway_request_seconds_count{model="a_fragile"' not in metrics


def _with_a_row_that_fails(manifest: ModelManifest) -> ModelManifest:
    row = GoldenRow(row={"f0": 9000.0, "f1": 1.0}, value=1.0)
    return manifest.model_copy(update={"golden_rows": GoldenRows(rows=(row,), tolerance=1e-6)})


async def test_model_that_leaves_the_folder_is_no_longer_served_nor_measured(tmp_path: Path) -> None:
    publish(tmp_path, "sum")
    publish(tmp_path, "zebra")
    async with service(tmp_path) as client:
        (tmp_path / "sum").rename(tmp_path.parent / f"{tmp_path.name}-gone")
        await until(client, "/v2/models", '"models":[{"name":"zebra"')
        response, metrics = await client.post("/predict/sum", json=ROW), (await client.get("/metrics")).text

    assert response.status_code == 404
    assert 'model="sum"' not in metrics


async def test_model_without_a_champion_is_not_found_and_says_how_to_promote_one(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    publish(tmp_path, "bad", change=no_better_than_baseline)
    async with service(tmp_path) as client:
        refused = await client.post("/predict/bad", json=ROW)
        served = await client.post("/predict/good", json=ROW)
        Registry(tmp_path).promote("bad", 1)
        await until(client, "/v2/models", '"bad"')
        promoted = await client.post("/predict/bad", json=ROW)

    assert (refused.status_code, served.status_code, promoted.status_code) == (404, 200, 200)
    assert "slipway models promote bad VERSION" in refused.json()["error"]


async def test_model_with_another_alias_alone_serves_that_version_and_has_no_default(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    publish(tmp_path, "bad", change=no_better_than_baseline)
    Registry(tmp_path).promote("bad", 1, "challenger")
    async with service(tmp_path) as client:
        unnamed = await client.post("/predict/bad", json=ROW)
        named = await client.post("/predict/bad/versions/1", json=ROW)

    assert (unnamed.status_code, named.status_code) == (404, 200)
    assert "slipway models promote bad VERSION" in unnamed.json()["error"]
