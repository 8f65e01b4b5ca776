"""The model repository extension: what is served and why not, and load and unload for this process alone.

The guard calls these endpoints with the bytes, because their bodies are under its limits too; empty bodies are fine.
"""

import asyncio
from typing import Any

import orjson

from slipway_ml.errors import ControlledElsewhere, MalformedRequest, RequestTooLarge
from slipway_ml.front.exchange import HotRequest, HotResponse
from slipway_ml.protocol.json_values import parse
from slipway_ml.serving.model_table import ModelTable, ServedModel, VersionState
from slipway_ml.serving.reconciler import Reconciler

_LONGEST_BODY = 16 * 1024


class RepositoryHandler:
    """Three handlers over one table; `is_controlled` says whether load and unload are allowed."""

    def __init__(self, table: ModelTable, reconciler: Reconciler, *, is_controlled: bool) -> None:
        self._table = table
        self._reconciler = reconciler
        self._is_controlled = is_controlled

    async def index(self, request: HotRequest) -> HotResponse:
        """One row per version; with `ready` only of those that answer."""
        only_ready = _read_object(request.body).get("ready", False)
        if type(only_ready) is not bool:
            raise MalformedRequest("'ready' must be true or false")
        rows = [row for model in self._table.models.values() for row in _rows(model)]
        rows += [{"name": name, "state": VersionState.UNAVAILABLE, "reason": "unloaded"} for name in self._unloaded()]
        return HotResponse(orjson.dumps([row for row in rows if row["state"] == VersionState.READY or not only_ready]))

    async def load(self, request: HotRequest) -> HotResponse:
        """Serve the model as the folder desires it; answers when it does."""
        parameters = self._read_control(request)
        if any(key == "config" or key.startswith("file:") for key in parameters):
            raise MalformedRequest("models come from the models folder alone; send neither 'config' nor files")
        name = request.params["model_name"]
        # Once begun it is finished, whether or not somebody waits for the answer.
        await asyncio.shield(self._reconciler.load(name))
        self._table.resolve(name)
        return HotResponse(b"")

    async def unload(self, request: HotRequest) -> HotResponse:
        """Stop serving the model until it is loaded again or the process starts anew."""
        self._read_control(request)
        await asyncio.shield(self._reconciler.unload(request.params["model_name"]))
        return HotResponse(b"")

    def _read_control(self, request: HotRequest) -> dict[str, Any]:
        if not self._is_controlled:
            raise ControlledElsewhere
        parameters = _read_object(request.body).get("parameters") or {}
        if type(parameters) is not dict:
            raise MalformedRequest("'parameters' must be an object")
        return parameters

    def _unloaded(self) -> list[str]:
        return sorted(self._reconciler.unloaded)


def _read_object(body: bytes) -> dict[str, Any]:
    if len(body) > _LONGEST_BODY:
        raise RequestTooLarge(f"the body of such a call may have {_LONGEST_BODY} bytes")
    document = parse(body) if body else {}
    if type(document) is not dict:
        raise MalformedRequest("the body must be empty or a JSON object")
    return document


def _rows(model: ServedModel) -> list[dict[str, str]]:
    rows = [
        {"name": model.name, "version": version, "state": VersionState.READY, "reason": ""}
        for version in sorted(model.versions, key=int)
    ]
    return rows + [
        {"name": model.name, "version": version, "state": one.state, "reason": one.reason}
        for version, one in model.waiting.items()
    ]
