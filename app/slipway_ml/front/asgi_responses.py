"""Responses that leave as ASGI: FastAPI's with the guard's headers put on, and whole ones."""

from starlette.types import Message, Scope, Send

from slipway_ml.front.access.cors import Cors
from slipway_ml.front.exchange import NO_SNIFFING, NO_STORE, Exchange, HotResponse
from slipway_ml.front.routes import DOCS_ASSETS


class Stamped:
    """FastAPI's `send`, with the guard's headers put on the response and the status noted."""

    def __init__(self, exchange: Exchange, cors: Cors | None, send: Send) -> None:
        self._exchange = exchange
        self._cors = cors
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._exchange.status = message["status"]
            match = self._exchange.match
            is_asset = match is not None and match.route is DOCS_ASSETS
            message["headers"] = [
                *message["headers"],
                (b"x-request-id", self._exchange.request_id.encode()),
                NO_SNIFFING,
                *(() if is_asset else (NO_STORE,)),
                *(self._cors.lines(self._exchange.headers) if self._cors else ()),
            ]
        await self._send(message)


def canonical(scope: Scope, base_path: str) -> Scope:
    """The scope as FastAPI's routes are declared: no trailing slash, and GET for HEAD (uvicorn drops the body)."""
    path, method = scope["path"], scope["method"]
    if method != "HEAD" and not path.endswith("/") and not base_path:
        return scope
    method = "GET" if method == "HEAD" else method
    return {**scope, "method": method, "path": path.removesuffix("/"), "root_path": base_path}


async def send_response(exchange: Exchange, response: HotResponse, send: Send) -> None:
    """Send a response that is whole."""
    length = (b"content-length", b"%d" % len(response.body))
    headers = [*response.headers, (b"x-request-id", exchange.request_id.encode()), NO_SNIFFING, NO_STORE, length]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
