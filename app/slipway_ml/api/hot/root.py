"""`GET /`: what is here, as JSON, or as a page for those who open it in a browser. It tells of no model."""

from html import escape

import orjson

from slipway_ml.front.exchange import JSON, HotRequest, HotResponse, Reply
from slipway_ml.front.routes import DOCS_PAGE, LIVE, METRICS, OPENAPI, READY

_MODELS = "/v2/models"
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway</title>
<style>
  :root { color-scheme: light dark; }
  body { margin: 3rem auto; max-width: 40rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
  li { margin: .4rem 0; }
  code { font-size: 15px; }
</style>
<h1>Slipway</h1>
<p>This is a model server: programs send rows to it and get predictions.%s</p>
<ul>
%s
</ul>
</html>
"""
_NEEDS_KEY = " Requests need a key, except for those about health."


class RootHandler:
    """One response for programs and one for people, both made beforehand."""

    def __init__(self, base_path: str, *, shows_docs: bool, has_keys: bool) -> None:
        shown = {
            **({"docs": (DOCS_PAGE.template, "what can be sent and what comes back")} if shows_docs else {}),
            **({"openapi": (OPENAPI.template, "the same for programs, <code>?model=NAME</code> for one model")}
               if shows_docs else {}),
            "models": (_MODELS, "the models that are served"),
            "ready": (READY.template, "whether they can be used"),
            "live": (LIVE.template, "whether the process responds"),
            "metrics": (METRICS.template, "requests, failures and seconds for Prometheus"),
        }  # fmt: skip
        paths = {name: base_path + path for name, (path, _) in shown.items()}
        self._json = orjson.dumps({"name": "slipway", "paths": {**paths, "predict": f"{base_path}/predict/{{model}}"}})
        items = "\n".join(
            f'<li><a href="{escape(paths[name])}"><code>{escape(paths[name])}</code></a>: {text}'
            for name, (_, text) in shown.items()
        )
        self._page = (_PAGE % (_NEEDS_KEY if has_keys else "", items)).encode()

    def __call__(self, request: HotRequest, reply: Reply) -> None:
        """The page where the caller would rather have HTML."""
        wants_page = b"text/html" in request.headers.get(b"accept", b"")
        body, kind = (self._page, (b"content-type", b"text/html; charset=utf-8")) if wants_page else (self._json, JSON)
        reply(HotResponse(body, 200, (kind, (b"vary", b"accept"))))
