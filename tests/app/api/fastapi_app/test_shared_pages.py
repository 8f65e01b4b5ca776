"""Pages that take long to make: few callers at once must not keep the event loop from everybody else."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from slipway_ml.api.fastapi_app.instrumentation import expose_metrics
from slipway_ml.api.fastapi_app.openapi_document import OpenApiDocuments
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.runtime.providers import CPU_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import Servable, open_servable
from tests.factories import publish

pytestmark = pytest.mark.anyio

OPTIONS = ServingOptions([CPU_PROVIDER], "cpu", 1, QueueLimits(8, 80), 1.0, ContentLimits())


async def test_documents_are_made_once_for_what_is_served_and_not_on_the_event_loop(tmp_path: Path) -> None:
    made_in: list[int] = []

    def build(*_: object) -> dict[str, int]:
        made_in.append(threading.get_ident())
        return {"made": len(made_in)}

    documents = OpenApiDocuments(build, build)
    old, new = [_servable(tmp_path / name) for name in ("old", "new")]

    assert set(await asyncio.gather(*[documents.read("") for _ in range(20)])) == {b'{"made":1}'}
    assert threading.get_ident() not in made_in
    assert await documents.read("/base") == b'{"servers":[{"url":"/base"}],"made":1}'
    assert set(await asyncio.gather(*[documents.read("", old) for _ in range(20)])) == {b'{"made":2}'}
    assert await documents.read("", new) == b'{"made":3}'


async def test_openapi_that_failed_is_made_again() -> None:
    outcomes: Iterator[dict[str, int]] = iter([{"good": 1}])

    def build() -> dict[str, int]:
        if not failed:
            failed.append(True)
            raise LookupError
        return next(outcomes)

    failed: list[bool] = []
    documents = OpenApiDocuments(build)

    with pytest.raises(LookupError):
        await documents.read("")
    assert await documents.read("") == b'{"good":1}'


def _servable(root: Path) -> Servable:
    with ThreadPoolExecutor(1) as executor:
        return open_servable(publish(root), OPTIONS, executor, Metrics())


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
