"""The one way in: a thin ASGI application before everything else.

Every request gets an id, is looked up in the route table, passes the limits and the door-keeper, is counted while it is
in flight and measured when it ends. A hot route's handler is then called at once with the body; any other request goes
on to FastAPI. Errors of every kind leave through one function, so each is `{"error": …}` and quotes nothing.
"""

import asyncio
import itertools
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import log
from app.errors import (
    MethodNotAllowed,
    PathNotFound,
    RequestTooLarge,
    UnsupportedBody,
)
from app.front.bodies import Bodies, ClientGone, Limits
from app.front.exchange import (
    CLIENT_GONE,
    JSON,
    RESPOND,
    ErrorAnswer,
    Exchange,
    Headers,
    HotHandler,
    HotRequest,
    HotResponse,
)
from app.front.routes import DOCS_ASSETS, Match, Route, RouteTable

logger = logging.getLogger("slipway.front")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_CLIENT_CLOSED_REQUEST = 499  # as nginx counts it; nobody gets to see it
_CLOSE = (b"connection", b"close")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_NO_STORE = (b"cache-control", b"no-store")
_ONLY_JSON = [JSON]
_JSON_LINE = b"%b: %b\r\n" % JSON
_SAFE_LINES = b"%b: %b\r\n%b: %b\r\n" % (*_NO_SNIFFING, *_NO_STORE)
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMetrics(Protocol):
    """Where the guard reports a request that has ended; label values come from fixed sets."""

    def observe(self, method: str, template: str, status: int, seconds: float, *, is_hot: bool) -> None: ...


Authorize = Callable[[Match, Headers], None]
"""Asked by route before the body is read; raises Unauthorized or Forbidden."""


def allow_all(_match: Match, _headers: Headers) -> None:
    """The door-keeper of a service without keys."""


class Guard:
    """The ASGI application that uvicorn runs."""

    def __init__(
        self,
        *,
        fastapi: ASGIApp,
        handlers: Mapping[Route, HotHandler],
        answer_error: ErrorAnswer,
        metrics: HttpMetrics,
        limits: Limits,
        authorize: Authorize = allow_all,
        access_log: bool = False,
        base_path: str = "",
    ) -> None:
        self._fastapi = fastapi
        self._handlers = handlers
        self._answer_error = answer_error
        self._metrics = metrics
        self._authorize = authorize
        self._access_log = access_log
        self._bodies = Bodies(limits)
        self._base_path = base_path
        self._table = RouteTable(base_path=base_path)
        self._id_prefix = secrets.token_hex(6)
        self._id_numbers = itertools.count(1)
        self._paths: dict[str, Match] = {}
        self.in_flight = 0
        self.is_draining = False

    def remember_paths(self, paths: list[str]) -> None:
        """Look these paths up once, so that requests for them need no pattern matching; replaces those of before."""
        prefixes = {"", self._base_path}
        matches = {prefix + path: self._table.find(prefix + path) for path in paths for prefix in prefixes}
        self._paths = {path: match for path, match in matches.items() if match}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pass_on(scope, receive, send)
            return
        started = perf_counter()
        headers = dict(scope["headers"])
        exchange = Exchange(scope, self._request_id(headers), headers=headers)
        token = log.request_id.set(exchange.request_id)
        self.in_flight += 1
        try:
            await self._respond(exchange, receive, send)
        except ClientGone:
            exchange.status = _CLIENT_CLOSED_REQUEST
        except asyncio.CancelledError as cancelled:
            if cancelled.args != (CLIENT_GONE,):
                raise
            exchange.status = _CLIENT_CLOSED_REQUEST
        finally:
            self.in_flight -= 1
            self._report(exchange, perf_counter() - started)
            log.request_id.reset(token)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._fastapi(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _respond(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        try:
            match = self._admit(exchange)
            if not match.route.is_hot:
                await self._fastapi(_canonical(exchange.scope, match.base_path), receive, _Stamped(exchange, send))
                return
            response = await self._call_hot(exchange, match, receive)
        except ClientGone:
            raise
        except Exception as error:  # the last line: whatever it is, the client gets a clean answer
            if exchange.status:
                raise
            response = self._answer_error(error)
            if isinstance(error, RequestTooLarge | UnsupportedBody):
                # The rest of the body is not wanted; closing is the only way to say so.
                response.headers.append(_CLOSE)
        exchange.status = response.status
        await _send(exchange, response, send)

    def _admit(self, exchange: Exchange) -> Match:
        """Route, key, method: raises the error that answers the request when one of them is wrong."""
        path = exchange.scope["path"]
        match = self._paths.get(path) or self._table.find(path)
        if match is None:
            raise PathNotFound
        exchange.match = match
        self._authorize(match, exchange.scope["headers"])
        if exchange.scope["method"] not in match.route.methods:
            raise MethodNotAllowed(sorted(match.route.methods))
        return match

    async def _call_hot(self, exchange: Exchange, match: Match, receive: Receive) -> HotResponse:
        try:
            body = await self._bodies.read(exchange, receive)
            request = HotRequest(match.params, exchange.headers, body, exchange.request_id)
            response = await self._handlers[match.route](request)
        finally:
            self._bodies.release(exchange)
        if b"accept-encoding" in exchange.headers:
            await self._bodies.compress(exchange, response)
        return response

    def _request_id(self, headers: dict[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given.decode("ascii")
        return f"{self._id_prefix}-{next(self._id_numbers)}"

    def _report(self, exchange: Exchange, seconds: float) -> None:
        method = exchange.scope["method"]
        method = method if method in _KNOWN_METHODS else "other"
        template, is_hot = "none", False
        # A refused method counts like an unknown path, so that no caller can multiply routes by methods.
        if exchange.match and method in exchange.match.route.methods:
            template, is_hot = exchange.match.route.template, exchange.match.route.is_timed
        self._metrics.observe(method, template, exchange.status or 500, seconds, is_hot=is_hot)
        if self._access_log:
            extra = {"method": method, "route": template, "status": exchange.status, "ms": round(seconds * 1e3, 3)}
            logger.info("request", extra=extra)


class _Stamped:
    """FastAPI's `send`, with the guard's headers put on the answer and the status noted."""

    def __init__(self, exchange: Exchange, send: Send) -> None:
        self._exchange = exchange
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._exchange.status = message["status"]
            match = self._exchange.match
            is_asset = match is not None and match.route is DOCS_ASSETS
            message["headers"] = [
                *message["headers"],
                (b"x-request-id", self._exchange.request_id.encode()),
                _NO_SNIFFING,
                *(() if is_asset else (_NO_STORE,)),
            ]
        await self._send(message)


def _canonical(scope: Scope, base_path: str) -> Scope:
    """The scope as FastAPI's routes are declared: no trailing slash, and GET for HEAD (uvicorn drops the body)."""
    path, method = scope["path"], scope["method"]
    if method != "HEAD" and not path.endswith("/") and not base_path:
        return scope
    method = "GET" if method == "HEAD" else method
    return {**scope, "method": method, "path": path.removesuffix("/"), "root_path": base_path}


async def _send(exchange: Exchange, response: HotResponse, send: Send) -> None:
    headers, request_id = response.headers, exchange.request_id.encode()
    respond = exchange.scope.get("extensions", {}).get(RESPOND)
    if respond is not None:
        head = _JSON_LINE if headers == _ONLY_JSON else b"".join([b"%b: %b\r\n" % h for h in headers if h != _CLOSE])
        head = b"%b%bx-request-id: %b\r\n" % (head, _SAFE_LINES, request_id)
        if respond(response.status, head, response.body, _CLOSE in headers):
            return
    length = (b"content-length", b"%d" % len(response.body))
    headers = [*headers, (b"x-request-id", request_id), _NO_SNIFFING, _NO_STORE, length]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
