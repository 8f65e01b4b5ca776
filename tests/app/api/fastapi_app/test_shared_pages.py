"""Pages that take long to make: few callers at once must not keep the event loop from everybody else."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from slipway_ml.api.fastapi_app.instrumentation import expose_metrics
from slipway_ml.api.fastapi_app.openapi_document import OpenApiDocument
from slipway_ml.serving.model_table import ModelTable, ServedModel
from tests.factories import publish
from tests.service import service, until

pytestmark = pytest.mark.anyio


async def test_openapi_is_made_once_for_what_is_served_and_not_on_the_event_loop() -> None:
    made_in: list[int] = []

    def build() -> dict[str, int]:
        made_in.append(threading.get_ident())
        return {"made": len(made_in)}

    table = ModelTable()
    document = OpenApiDocument(table, build)

    assert set(await asyncio.gather(*[document.read("") for _ in range(20)])) == {b'{"made":1}'}
    assert threading.get_ident() not in made_in
    assert await document.read("/base") == b'{"servers":[{"url":"/base"}],"made":1}'
    table.put(ServedModel("other"))
    assert await document.read("") == b'{"made":2}'


async def test_openapi_that_failed_is_made_again() -> None:
    outcomes: Iterator[dict[str, int]] = iter([{"good": 1}])

    def build() -> dict[str, int]:
        if not failed:
            failed.append(True)
            raise LookupError
        return next(outcomes)

    failed: list[bool] = []
    document = OpenApiDocument(ModelTable(), build)

    with pytest.raises(LookupError):
        await document.read("")
    assert await document.read("") == b'{"good":1}'


async def test_openapi_tells_of_a_model_that_was_published_later(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    async with service(tmp_path) as client:
        before = (await client.get("/openapi.json")).json()["paths"]
        publish(tmp_path, "second")
        await until(client, "/v2/models", '"name":"second","default_version":"1"')
        after = (await client.get("/openapi.json")).json()["paths"]

    assert "/predict/second" not in before
    assert {"/predict/first", "/predict/second"} <= set(after)


async def test_metrics_are_written_for_one_caller_at_a_time() -> None:
    class Watching:
        now = most = 0

        def collect(self) -> Iterator[GaugeMetricFamily]:
            self.now += 1
            self.most = max(self.most, self.now)
            anyio.from_thread.run(anyio.sleep, 0.005)
            self.now -= 1
            yield GaugeMetricFamily("watched", "How often.", value=1)

    watching, registry = Watching(), CollectorRegistry()
    app = FastAPI()
    expose_metrics(app, registry)
    registry.register(watching)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        responses = await asyncio.gather(*[client.get("/metrics") for _ in range(10)])

    assert {response.status_code for response in responses} == {200}
    assert "watched 1.0" in responses[0].text
    assert watching.most == 1
