"""`/docs`: the Swagger page from the assets that fastapi-offline ships, so that it works without the internet."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from slipway_ml.api.fastapi_app import openapi_document

ASSETS = "/static-offline-docs"


def add_docs(app: FastAPI) -> None:
    """Add the page and its assets."""
    app.mount(ASSETS, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"))

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        assets = request.scope["root_path"] + ASSETS
        return get_swagger_ui_html(
            openapi_url=request.scope["root_path"] + openapi_document.URL,
            title=f"{app.title}: API",
            swagger_js_url=f"{assets}/swagger-ui-bundle.js",
            swagger_css_url=f"{assets}/swagger-ui.css",
            swagger_favicon_url=f"{assets}/favicon.png",
            swagger_ui_parameters={"tryItOutEnabled": True, "defaultModelsExpandDepth": -1},
        )
