"""What `/metrics` shows after some traffic."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from slipway_ml.front.routes import ROUTES
from tests.factories import publish
from tests.service import service

pytestmark = pytest.mark.anyio

ROW = {"instances": [[1, 2, 3]]}


async def test_histograms_per_model_and_version_count_requests_and_rows(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        for _ in range(3):
            await client.post("/predict/sum", json={"instances": [[1, 2, 3]] * 5})
        text = (await client.get("/metrics")).text

    labels = '{model="sum",version="1"}'
    assert f"slipway_request_seconds_count{labels} 3.0" in text
    assert f"slipway_queue_seconds_count{labels} 3.0" in text
    assert f"slipway_batch_rows_sum{labels} 15.0" in text


async def test_served_version_is_described(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        text = (await client.get("/metrics")).text

    info = 'model="sum",provider="CPU",threads="1",variant="fp32",version="1"'
    assert f"slipway_model_info{{{info}}} 1.0" in text
    assert 'slipway_degraded{model="sum"} 0.0' in text


async def test_series_do_not_grow_with_traffic(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        for number in range(100):
            await client.request(f"METHOD{number}", f"/path/{number}")
            await client.post(f"/predict/model{number}", json=ROW)
        for route in ROUTES:
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"):
                for value in ("sum", "unknown"):
                    await client.request(method, re.sub(r"\{\w+\}", value, route.template), json=ROW)
        await client.post("/predict/sum", json=ROW)
        families = list(text_string_to_metric_families((await client.get("/metrics")).text))

    assert sum(len(family.samples) for family in families) <= 150 + 60
