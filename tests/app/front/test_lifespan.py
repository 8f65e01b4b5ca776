"""What runs beside the requests: begun before the server says that it has started, ended before it says it is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message

from slipway_ml.front.lifespan import live

pytestmark = pytest.mark.anyio


async def test_what_runs_beside_the_requests_begins_before_and_ends_after_them() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def beside() -> AsyncIterator[None]:
        events.append("begun")
        yield
        events.append("ended")

    async def receive() -> Message:
        return {"type": "lifespan"}

    async def send(message: Message) -> None:
        events.append(message["type"])

    await live(beside, receive, send)

    assert events == ["begun", "lifespan.startup.complete", "ended", "lifespan.shutdown.complete"]
