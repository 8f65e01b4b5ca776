"""`/metrics`, exposed by prometheus-fastapi-instrumentator.

Its middleware is not used: the guard stands before FastAPI and counts every request there, hot ones and refused ones
too, under the instrumentator's metric names.
"""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator


def expose_metrics(app: FastAPI, registry: CollectorRegistry) -> None:
    """Add `GET /metrics` for one registry of metrics."""
    lock = asyncio.Lock()

    async def one_at_a_time() -> AsyncIterator[None]:
        """Each is written in a thread, and forty of them at once would keep the interpreter from the event loop."""
        async with lock:
            yield

    Instrumentator(registry=registry).expose(
        app,
        endpoint="/metrics",
        tags=["metrics"],
        summary="Prometheus metrics",
        # Until the metrics are written, not until the caller has taken them.
        dependencies=[Depends(one_at_a_time, scope="function")],
    )
