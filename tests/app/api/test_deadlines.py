"""Deadlines and large bodies at every endpoint of inference."""

from pathlib import Path
from typing import Any

import pytest

from slipway_ml.contract.model_options import ServingRequest
from tests.app.api.tensors import tensor
from tests.factories import publish, slow_signature
from tests.graphs import looping_graph
from tests.service import service

pytestmark = pytest.mark.anyio

HEADER = "X-Envoy-Expected-Rq-Timeout-Ms"
FOREVER = 5e5
"""A row with which the looping model is busy for half a second."""


def body_of(endpoint: str, *values: float) -> dict[str, Any]:
    rows = [[value] for value in values]
    return {"inputs": [tensor(list(values), [len(values), 1])]} if endpoint.endswith("infer") else {"instances": rows}


ENDPOINTS = pytest.mark.parametrize("endpoint", ["/predict/loop", "/v1/models/loop:predict", "/v2/models/loop/infer"])


def publish_loop(models: Path) -> None:
    signature = slow_signature()
    publish(models, "loop", signature, looping_graph(signature))


@ENDPOINTS
async def test_answer_that_takes_longer_than_the_caller_waits_is_504_by_then(tmp_path: Path, endpoint: str) -> None:
    publish_loop(tmp_path)
    async with service(tmp_path) as client:
        busy = await client.post(endpoint, json=body_of(endpoint, FOREVER), headers={HEADER: "100"})
        again = await client.post(endpoint, json=body_of(endpoint, 3.0), headers={HEADER: "60000"})

    assert (busy.status_code, again.status_code) == (504, 200)
    assert busy.headers["retry-after"] == "1"


@ENDPOINTS
async def test_deadline_of_the_service_holds_for_callers_that_set_none_or_a_longer_one(
    tmp_path: Path, endpoint: str
) -> None:
    publish_loop(tmp_path)
    async with service(tmp_path, deadline_seconds=0.1) as client:
        statuses = [
            (await client.post(endpoint, json=body_of(endpoint, FOREVER), headers=headers)).status_code
            for headers in ({}, {HEADER: "60000"}, {HEADER: "0"})
        ]

    assert set(statuses) <= {503, 504}
    assert statuses[0] == 504


@pytest.mark.parametrize(("in_file", "status"), [("", 504), ("[models.loop]\ndeadline_seconds = 60\n", 200)])
async def test_deadline_that_the_version_asks_for_holds_unless_the_machine_says_otherwise(
    tmp_path: Path, in_file: str, status: int
) -> None:
    signature, asked = slow_signature(), ServingRequest(deadline_seconds=0.1, max_batch_size=7)
    publish(
        tmp_path / "models",
        "loop",
        signature,
        looping_graph(signature),
        lambda manifest: manifest.model_copy(update={"serving": asked}),
    )
    config = tmp_path / "models.toml"
    config.write_text(in_file)
    async with service(tmp_path / "models", model_config_file=config) as client:
        response = await client.post("/predict/loop", json=body_of("/predict/loop", FOREVER))
        shown = (await client.get("/v2/models/loop/config")).json()

    assert (response.status_code, shown["max_batch_size"]) == (status, 7)
    assert "max_batch_size by the version" in shown["parameters"]["serving"]["string_value"]


@pytest.mark.parametrize("given", ["", "1.5", "-1", "1s", "9" * 10])
async def test_timeout_that_is_no_number_of_milliseconds_is_refused(tmp_path: Path, given: str) -> None:
    publish_loop(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/predict/loop", json=body_of("/predict", 1.0), headers={HEADER: given})

    assert response.status_code == 400
    assert "whole number of milliseconds" in response.json()["error"]


@pytest.mark.parametrize("rows", [10_000, 200_000])
@ENDPOINTS
async def test_large_bodies_are_answered_like_small_ones(tmp_path: Path, endpoint: str, rows: int) -> None:
    publish_loop(tmp_path)
    async with service(tmp_path, max_instances=200_000, deadline_seconds=120) as client:
        response = await client.post(endpoint, json=body_of(endpoint, *[2.0] * rows))

    assert response.status_code == 200
    assert response.text.count("2.0") == rows
