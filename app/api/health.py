"""Liveness and readiness: the status code is the answer, the small body is for people."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from app.serving.model_table import ModelTable


def router(table: ModelTable, is_draining: Callable[[], bool]) -> APIRouter:
    """`/health/live`, `/health/ready` and their twins under `/v2`."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live", summary="Whether the process answers")
    @routes.get("/v2/health/live", summary="Whether the process answers")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @routes.get("/health/ready", summary="Whether every wanted model is served", responses={503: {}})
    @routes.get("/v2/health/ready", summary="Whether every wanted model is served", responses={503: {}})
    async def ready(response: Response) -> dict[str, bool | str]:
        is_ready = table.is_ready()
        if is_ready and not is_draining():
            return {"ready": True}
        response.status_code = 503
        return {"ready": False, "error": "the server is stopping" if is_ready else table.why_not_ready()}

    return routes
