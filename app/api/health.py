"""Liveness and readiness: the status code is the answer, the small body is for people."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from app.api.execution import execution_of
from app.serving.model_table import ModelTable


def router(table: ModelTable, is_draining: Callable[[], bool], *, tells_models: bool) -> APIRouter:
    """`/health/live`, `/health/ready` and their twins under `/v2`.

    `tells_models` says whether `?verbose` may list the models: these routes ask for no key.
    """
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live", summary="Whether the process answers")
    @routes.get("/v2/health/live", summary="Whether the process answers")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @routes.get("/health/ready", summary="Whether every wanted model is served", responses={503: {}})
    @routes.get("/v2/health/ready", summary="Whether every wanted model is served", responses={503: {}})
    async def ready(response: Response, verbose: str | None = None) -> dict[str, Any]:
        is_ready = table.is_ready()
        details = {"models": _models(table)} if verbose is not None and tells_models else {}
        if is_ready and not is_draining():
            return {"ready": True, **details}
        response.status_code = 503
        error = "the server is stopping" if is_ready else table.why_not_ready()
        return {"ready": False, "error": error, **details}

    return routes


def _models(table: ModelTable) -> list[dict[str, Any]]:
    """Every version that is served and what it runs on, and the wanted ones that are not, with the reason."""
    return [
        {
            "name": model.name,
            "default_version": model.default,
            "degraded": model.degraded,
            "versions": {version: execution_of(servable) for version, servable in model.versions.items()},
            "waiting": dict(model.waiting),
        }
        for model in table.models.values()
    ]
