"""`/openapi.json`: the service's own document, and with `?model=NAME` that of one model.

Making one takes milliseconds to tens of them, so each is made once, in a thread, and shared by all who ask for it. Of
models the most recent documents are kept.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from slipway_ml.api.fastapi_app import openapi, openapi_model
from slipway_ml.contract.manifest import ModelManifest
from slipway_ml.front.routes import OPENAPI
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.servable import Servable

_MOST_KEPT = 64

Build = Callable[[], dict[str, Any]]
BuildModel = Callable[[dict[str, Any], Servable], dict[str, Any]]


@dataclass(slots=True)
class _Made:
    """A document on its way; `of` must still be what is served, and keeps no session in memory."""

    of: ModelManifest
    task: asyncio.Task[bytes]


class OpenApiDocuments:
    """The bytes of the documents; `build` and `build_model` make them and may be called in any thread."""

    def __init__(self, build: Build, build_model: BuildModel = openapi_model.build) -> None:
        self._build = build
        self._build_model = build_model
        self._generic: asyncio.Task[dict[str, Any]] | None = None
        self._models: dict[tuple[str, str], _Made] = {}

    async def read(self, base_path: str, servable: Servable | None = None) -> bytes:
        """The document of this version of a model, or of the service; its paths lie under `base_path`."""
        document = orjson.dumps(await self._of_service()) if servable is None else await self._of_model(servable)
        if not base_path:
            return document
        return orjson.dumps({"servers": [{"url": base_path}]})[:-1] + b"," + document[1:]

    async def _of_service(self) -> dict[str, Any]:
        made = self._generic
        if made is None or _has_failed(made):
            self._generic = made = asyncio.create_task(asyncio.to_thread(self._build))
        return await asyncio.shield(made)  # a caller that disconnects must not cancel it for the others

    async def _of_model(self, servable: Servable) -> bytes:
        generic = await self._of_service()
        key = servable.name, servable.version
        made = self._models.pop(key, None)
        if made is None or made.of is not servable.manifest or _has_failed(made.task):

            def encode() -> bytes:
                return orjson.dumps(self._build_model(generic, servable))

            made = _Made(servable.manifest, asyncio.create_task(asyncio.to_thread(encode)))
        self._models[key] = made  # the most recent one stands last
        if len(self._models) > _MOST_KEPT:
            del self._models[next(iter(self._models))]
        return await asyncio.shield(made.task)


def _has_failed(made: asyncio.Task[Any]) -> bool:
    return made.done() and (made.cancelled() or made.exception() is not None)


def add_openapi(app: FastAPI, plane: DataPlane, *, has_keys: bool) -> None:
    """Add the route; `has_keys` says that callers need a key."""
    documents = OpenApiDocuments(lambda: openapi.build(app, has_keys=has_keys))

    @app.get(OPENAPI.template, include_in_schema=False)
    async def openapi_document(request: Request) -> Response:
        # What the guard has read of the query, and asked the key for.
        params = request.scope["exchange"].match.params
        servable = plane.resolve(params) if params else None
        document = await documents.read(request.scope["root_path"].rstrip("/"), servable)
        return Response(document, media_type="application/json")
