"""The one way in: what every request passes before its handler runs, and after.

A request gets an id, is looked up in the route table, passes the API key authorizer and the limits, is counted while it
is in flight and measured when it ends. A hot route's handler is called with the body; any other request goes on to
FastAPI. Errors of every kind leave through one function, so each is `{"error": …}` and quotes nothing.

Requests are carried here in two ways: as ASGI, which is `__call__` below, and, where it is a plain request for a hot
route, by the connection itself (`hot_cycle`). Both call the same steps in the same order: `open`, `admit`, `handle`,
`close`.
"""

import asyncio
import itertools
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from time import perf_counter
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from slipway_ml import log
from slipway_ml.errors import InvalidRows, MethodNotAllowed, PathNotFound, RequestTooLarge, UnsupportedBody
from slipway_ml.front.access.access_log import AccessLog
from slipway_ml.front.access.cors import Cors
from slipway_ml.front.asgi_responses import Stamped, canonical, send_response
from slipway_ml.front.bodies import Bodies, ClientGone, Limits
from slipway_ml.front.exchange import (
    CLOSE,
    HUNG_UP,
    ErrorResponse,
    Exchange,
    Headers,
    HotHandler,
    HotResponse,
    Reply,
)
from slipway_ml.front.lifespan import Lifespan, live
from slipway_ml.front.memory.budget import MemoryBudget
from slipway_ml.front.refusals import Refusals
from slipway_ml.front.routes import FOR_OPERATORS, Match, Route, RouteTable

logger = logging.getLogger("slipway.front")

CLIENT_GONE = 499
"""The status of a client that disconnected, as nginx counts it; nobody gets to see it."""

_OK = 200
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMetrics(Protocol):
    """Where requests are reported that have ended or were refused below the guard; label values are of fixed sets."""

    def observe(self, method: str, template: str, status: int, seconds: float, *, is_hot: bool) -> None: ...

    def count_refusal(self, reason: str, times: int) -> None: ...

    def count_early(self, model: str, version: str, endpoint: str, reason: str) -> None:
        """A request for predictions that failed before a version was found for it; the names are the caller's."""
        ...

    def count_closed(self, reason: str, count: int) -> None:
        """Connections that the server closed, for one of `connection_table.CLOSED_FOR`."""
        ...

    def watch_connections(self, read: Callable[[], int]) -> None: ...


Authorize = Callable[[Match, Headers], str | None]
"""Asked by route before the body is read: the id of the request's key; raises Unauthorized or Forbidden."""


def allow_all(_match: Match, _headers: Headers) -> None:
    """The API key authorizer of a service without keys."""
    return


class Guard:
    """The ASGI application that uvicorn runs, and what the connections of hot requests call directly."""

    def __init__(
        self,
        *,
        fastapi: ASGIApp,
        handlers: Mapping[Route, HotHandler],
        error_response: ErrorResponse,
        metrics: HttpMetrics,
        limits: Limits,
        authorize: Authorize = allow_all,
        budget: MemoryBudget | None = None,
        cors: Cors | None = None,
        access_log: AccessLog | None = None,
        base_path: str = "",
        lifespan: Lifespan = nullcontext,
    ) -> None:
        self._fastapi = fastapi
        self._lifespan = lifespan
        self._handlers = handlers
        self._error_response = error_response
        self.metrics = metrics
        self._authorize = authorize
        self.cors = cors
        """Puts its lines on every response, where web pages of elsewhere may call."""
        self._access_log = access_log
        self._base_path = base_path
        self._table = RouteTable(base_path=base_path)
        self._id_prefix = secrets.token_hex(6)
        self._id_numbers = itertools.count(1)
        self._paths: dict[str, Match] = {}
        self.hot_urls: dict[bytes, Match] = {}
        """The very bytes of a request line's URL → its row in the table, for what is served now."""
        self.bodies = Bodies(limits, budget)
        self._budget = self.bodies.budget
        self.refusals = Refusals(metrics.count_refusal)
        """Where the connections report what they turn away."""
        self.in_flight = 0
        self.is_draining = False
        self.is_hopeless: Callable[[], bool] = lambda: False
        """Whether only a new process can serve again."""

    def remember_paths(self, paths: list[str], aliases: Mapping[str, str]) -> None:
        """Look these paths up once, so that requests for them need no pattern matching; replaces those of before.

        `aliases` are further paths, each with the one that it leads to.
        """
        prefixes = {"", self._base_path}
        matches = {prefix + path: self._table.find(prefix + path) for path in paths for prefix in prefixes}
        matches |= {alias: self._table.find(path) for alias, path in aliases.items()}
        self._paths = {path: match for path, match in matches.items() if match}
        self.hot_urls = {path.encode(): match for path, match in self._paths.items() if match.route.is_hot}

    def is_for_operators(self, url: bytes) -> bool:
        """Whether this is a probe or the metrics, which a server that is full still serves."""
        path = url.partition(b"?")[0].decode("latin-1")
        match = self._paths.get(path) or self._table.find(path)
        return match is not None and match.route in FOR_OPERATORS

    # The steps, in their order.

    def open(self, method: str, headers: Headers, by_name: dict[bytes, bytes], peer: str = "") -> Exchange:
        """A request has come: give it an id and count it; `close` must follow, whatever happens."""
        given = by_name.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            request_id = given.decode("ascii")
        else:
            request_id = f"{self._id_prefix}-{next(self._id_numbers)}"
        self.in_flight += 1
        return Exchange(by_name, request_id, self._budget, method, headers, perf_counter(), peer=peer)

    def admit(self, exchange: Exchange, match: Match | None) -> Match:
        """Route, key, method: raises the error that becomes the response when one of them is wrong."""
        if match is None:
            raise PathNotFound
        exchange.match = match
        exchange.key_id = self._authorize(match, exchange.raw_headers)
        if exchange.method not in match.route.methods:
            raise MethodNotAllowed(sorted(match.route.methods))
        return match

    def handle(self, exchange: Exchange, match: Match, body: bytes, reply: Reply) -> None:
        """Let the route's handler serve a body that has been read within the limits; it replies now or later."""
        exchange.params = match.params
        exchange.body = body
        token = log.request_id.set(exchange.request_id)
        try:
            self._handlers[match.route](exchange, reply)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the response
            reply(error)
        finally:
            log.request_id.reset(token)

    def answer(self, exchange: Exchange, error: Exception) -> HotResponse:
        """What the client is told about an error; the last line: whatever it is, the response is clean."""
        if isinstance(error, InvalidRows) and exchange.compressed:
            error.most_bytes = exchange.compressed
        exchange.reason = getattr(error, "counted_as", "failed")
        token = log.request_id.set(exchange.request_id)
        response = self._error_response(error)
        log.request_id.reset(token)
        if isinstance(error, RequestTooLarge | UnsupportedBody):
            # The rest of the body is not wanted; closing is the only way to say so.
            response.headers += (CLOSE,)
        return response

    def close(self, exchange: Exchange) -> None:
        """The request has ended: take it out of the count, and tell the metrics and the access log."""
        seconds = perf_counter() - exchange.started
        self.in_flight -= 1
        method, match = exchange.method, exchange.match
        # A refused method counts like an unknown path, so that no caller can multiply routes by methods.
        if match is not None and method in match.route.methods:
            template, is_hot = match.route.template, match.route.is_timed
        else:
            method = method if method in _KNOWN_METHODS else "other"
            template, is_hot = "none", False
        self.metrics.observe(method, template, exchange.status or 500, seconds, is_hot=is_hot)
        counter = exchange.counter
        if counter is not None and exchange.status == _OK:
            counter.ok += 1
        elif is_hot and match is not None:
            self._count_failure(exchange, match)
        if self._access_log is not None:
            self._access_log.write(exchange, method, template, seconds)

    def _count_failure(self, exchange: Exchange, match: Match) -> None:
        """A request for predictions that got none."""
        reason = "client_gone" if exchange.status == CLIENT_GONE else exchange.reason or "failed"
        exchange.reason = reason
        if exchange.counter is not None:
            exchange.counter.failures[reason] += 1
            return
        name, version = match.params["model_name"], match.params.get("model_version", "")
        self.metrics.count_early(name, version, match.route.endpoint, reason)

    # The same steps for a request that comes as ASGI.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await live(self._lifespan, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        client = scope.get("client")
        exchange = self.open(scope["method"], scope["headers"], dict(scope["headers"]), client[0] if client else "")
        scope["exchange"] = exchange  # for the connection, which watches what becomes of it
        token = log.request_id.set(exchange.request_id)
        try:
            await self._respond(exchange, scope, receive, send)
        except ClientGone:
            exchange.status = CLIENT_GONE
        except asyncio.CancelledError as cancelled:
            if cancelled.args != (HUNG_UP,):
                raise
            exchange.status = CLIENT_GONE
        finally:
            self.bodies.release(exchange)
            self.close(exchange)
            log.request_id.reset(token)

    async def _respond(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if self.cors is not None and (allowed := self.cors.preflight(exchange.method, exchange.headers)):
                exchange.status = allowed.status
                await send_response(exchange, self._with_cors(exchange, allowed), send)
                return
            path = scope["path"]
            found = self._paths.get(path) or self._table.find(path)
            if found is not None and found.route.takes_model:
                found = found.for_model(scope.get("query_string", b""))
            match = self.admit(exchange, found)
            if not match.route.is_hot:
                await self._fastapi(canonical(scope, match.base_path), receive, Stamped(exchange, self.cors, send))
                return
            exchange.query = scope.get("query_string", b"")
            response = await self._call_hot(exchange, match, receive)
        except ClientGone:
            raise
        except Exception as error:  # the last line: whatever it is, the client gets a clean response
            if exchange.status:
                raise
            response = self.answer(exchange, error)
        exchange.status = response.status
        if self.is_draining and CLOSE not in response.headers:
            response.headers += (CLOSE,)
        await send_response(exchange, self._with_cors(exchange, response), send)

    def _with_cors(self, exchange: Exchange, response: HotResponse) -> HotResponse:
        if self.cors is not None:
            response.headers += self.cors.lines(exchange.headers)
        return response

    async def _call_hot(self, exchange: Exchange, match: Match, receive: Receive) -> HotResponse:
        answered: asyncio.Future[HotResponse] = asyncio.get_running_loop().create_future()

        def reply(outcome: HotResponse | Exception) -> None:
            if answered.done():
                return
            if isinstance(outcome, Exception):
                answered.set_exception(outcome)
            else:
                answered.set_result(outcome)

        try:
            # No name for the body here, which must not be kept until the response is there.
            self.handle(exchange, match, await self.bodies.read(exchange, receive), reply)
            response = await answered
        except asyncio.CancelledError:
            exchange.is_abandoned = True
            raise
        exchange.body = b""
        self.bodies.take_response(exchange, response)
        await self.bodies.compress(exchange, response)
        return response
