"""`/openapi.json`: made once for what is served, in a thread, and shared by all who ask for it.

Making it takes tens of milliseconds and grows with the models, so on the event loop a few callers would hold up all
others.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from slipway_ml.serving.model_table import ModelTable

URL = "/openapi.json"


class OpenApiDocument:
    """The bytes of the document; `build` makes it and may be called in any thread."""

    def __init__(self, table: ModelTable, build: Callable[[], dict[str, Any]]) -> None:
        self._table = table
        self._build = build
        self._served: object = None
        self._made: asyncio.Task[bytes] | None = None

    async def read(self, base_path: str) -> bytes:
        """The document for the models that are served now, whose paths lie under `base_path`."""
        served, made = self._table.models, self._made  # a change of what is served makes another mapping
        if made is None or self._served is not served or _has_failed(made):
            self._served = served
            self._made = made = asyncio.create_task(asyncio.to_thread(self._encode))
        document = await asyncio.shield(made)  # a caller that disconnects must not cancel it for the others
        if not base_path:
            return document
        return orjson.dumps({"servers": [{"url": base_path}]})[:-1] + b"," + document[1:]

    def _encode(self) -> bytes:
        return orjson.dumps(self._build())


def _has_failed(made: asyncio.Task[bytes]) -> bool:
    return made.done() and (made.cancelled() or made.exception() is not None)


def add_openapi(app: FastAPI, document: OpenApiDocument) -> None:
    """Add the route."""

    @app.get(URL, include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return Response(await document.read(request.scope["root_path"].rstrip("/")), media_type="application/json")
