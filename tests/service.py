"""The real service in the test's own event loop, called through httpx; no socket, nothing replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Message

from slipway_ml.main import create_app
from slipway_ml.settings import Settings

_FAST_POLL = 0.02


@asynccontextmanager
async def service(models: Path, *, wait: bool = True, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service on this models folder, ready unless `wait` is off."""
    app = create_app(Settings(**{"models": models, "poll_seconds": _FAST_POLL, **settings}))
    async with _lifespan(app), client_of(app) as client:
        if wait:
            await until_ready(client)
        yield client


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def until_ready(client: httpx.AsyncClient, seconds: float = 60.0) -> None:
    """Wait for readiness; fails with what the service says it waits for."""
    async with asyncio.timeout(seconds):
        while (await client.get("/health/ready")).status_code != 200:
            await asyncio.sleep(_FAST_POLL)


async def until(client: httpx.AsyncClient, path: str, text: str, seconds: float = 60.0) -> str:
    """Wait until the body at `path` contains `text`; returns the body."""
    async with asyncio.timeout(seconds):
        while text not in (body := (await client.get(path)).text):
            await asyncio.sleep(_FAST_POLL)
    return body


@asynccontextmanager
async def _lifespan(app: ASGIApp) -> AsyncIterator[None]:
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    await outbox.get()
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await task
