"""`/docs`: the Swagger page from the assets that fastapi-offline ships, so that it works without the internet.

The page asks for the model and, where callers need one, for their key, with which it then reads the document: it needs
no key itself, and tells of no model.
"""

from html import escape
from pathlib import Path

import fastapi_offline
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from slipway_ml.front.routes import DOCS_ASSETS, DOCS_PAGE

_PAGE = Path(__file__).with_suffix(".html")


def add_docs(app: FastAPI, *, has_keys: bool) -> None:
    """Add the page and its assets; `has_keys` says that callers need a key."""
    app.mount(
        DOCS_ASSETS.template.removesuffix("/{asset}"),
        StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"),
    )
    page = _PAGE.read_text().replace("%KEYS%", "" if has_keys else "hidden")

    @app.get(DOCS_PAGE.template, include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page.replace("%BASE%", escape(request.scope["root_path"].rstrip("/"))))
