"""A request that goes to the guard as ASGI: uvicorn's cycle, with the methods that `HotCycle` has too."""

import asyncio
import logging
from typing import Protocol
from urllib.parse import unquote

import httptools
from starlette.types import ASGIApp, Message, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from slipway_ml.front.connection.flow import Flow, Hold
from slipway_ml.front.connection.heads import Head
from slipway_ml.front.exchange import HUNG_UP, Exchange, Headers

logger = logging.getLogger("uvicorn.error")

_MOST_WAITING = 64 * 1024
"""Bytes of a body that may wait for the application before no more are read."""


def _nothing() -> None:
    """What a cycle calls that nobody waits for; its own method would keep it, and its connection, from being freed."""


class AsgiWire(Protocol):
    """The connection, as a cycle sees it; in place of the transport, since it closes in another way."""

    transport: asyncio.Transport
    flow: Flow

    def write(self, data: bytes) -> None: ...

    def is_closing(self) -> bool: ...

    def close(self) -> None: ...

    def end_response(self) -> None: ...


def scope_of(head: Head, transport: asyncio.Transport) -> Scope:
    """What ASGI tells of a request; raises httptools' error or UnicodeDecodeError where the URL is none."""
    url = httptools.parse_url(head.url)
    path = url.path.decode("ascii")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "server": (transport.get_extra_info("sockname") or ("", 0))[:2],
        "client": (transport.get_extra_info("peername") or ("", 0))[:2],
        "scheme": "http",
        "method": head.method.decode("ascii"),
        "root_path": "",
        "path": unquote(path) if "%" in path else path,
        "raw_path": url.path,
        "query_string": url.query or b"",
        "headers": head.headers,
    }


class AsgiCycle(RequestResponseCycle):
    """One request; it begins when those before it have their responses."""

    def __init__(self, head: Head, wire: AsgiWire, defaults: Headers, *, keep_alive: bool) -> None:
        expectation = head.by_name.get(b"expect", b"").lower()
        super().__init__(
            scope=scope_of(head, wire.transport),  # type: ignore[arg-type]  # Starlette types ASGI apart from uvicorn
            transport=wire,  # type: ignore[arg-type]  # it has the two methods of a transport that a cycle calls
            flow=wire.flow,  # type: ignore[arg-type]  # and this what a cycle calls of uvicorn's FlowControl
            logger=logger,
            access_logger=logger,
            access_log=False,
            default_headers=defaults,
            message_event=asyncio.Event(),
            expect_100_continue=expectation == b"100-continue" and head.version != "1.0",
            keep_alive=keep_alive,
            on_response=self._end,
        )
        self._wire = wire
        self._task: asyncio.Task[None] | None = None

    @property
    def exchange(self) -> Exchange | None:
        """What the guard knows of it, once it does."""
        return self.scope.get("exchange")  # type: ignore[return-value]  # put there by the guard

    @property
    def received(self) -> int:
        """Bytes of the body that are in memory."""
        return len(self.body) + (0 if self.exchange is None else self.exchange.held)

    def begin(self, app: ASGIApp) -> asyncio.Task[None]:
        """Let the application answer."""
        work = self.run_asgi(app)  # type: ignore[arg-type]  # Starlette types ASGI apart from uvicorn
        self._task = asyncio.get_running_loop().create_task(work)
        return self._task

    def take(self, chunk: bytes) -> None:
        """A part of the body has come."""
        self.body += chunk
        if len(self.body) > _MOST_WAITING:
            self._wire.flow.hold(Hold.BODY)
        self.message_event.set()

    def finish_body(self) -> None:
        """The body is complete."""
        self.more_body = False
        self.message_event.set()

    def abandon(self) -> None:
        """The client is gone, or was answered by somebody else."""
        self.disconnected = True
        self.on_response = _nothing
        if self._task is not None:
            self._task.cancel(HUNG_UP)

    async def send(self, message: Message) -> None:  # type: ignore[override]  # Starlette's word for the same messages
        """A part of the response, from the application."""
        if self.waiting_for_100_continue:
            # Answered without a word it may leave the body out, and where the next request begins is then unknown.
            self.keep_alive = False
        await super().send(message)  # type: ignore[arg-type]  # likewise

    def _end(self) -> None:
        self.body.clear()  # what came of it after the response began would stay in memory until the next request
        self.flow.resume_reading()
        self._wire.end_response()
