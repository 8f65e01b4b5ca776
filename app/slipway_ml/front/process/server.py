"""uvicorn, started and stopped our way.

The socket is bound first, so a port in use is an error before anything is loaded. A signal starts the drain: readiness
goes off and every response asks its connection to close, while requests are still accepted; after `drain_seconds` the
listener closes, what was accepted is finished, and the process ends with 0. A second signal ends it at once.
"""

import asyncio
import errno
import math
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from slipway_ml.errors import UsageError
from slipway_ml.front.connection.connection import Connection, Shared
from slipway_ml.front.connection.connection_table import RESERVED, ConnectionTable
from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.connection.lingering import Lingering
from slipway_ml.front.connection.read_turns import ReadTurns
from slipway_ml.front.connection.response_lines import ResponseLines
from slipway_ml.front.guard import Guard
from slipway_ml.front.memory.plan import UNSENT_IN_KERNEL
from slipway_ml.front.process.time_slice import take_short_slices
from slipway_ml.front.process.watchdog import Watchdog

_BACKLOG = 2048  # connections that wait in the kernel until we accept them: the bursts of many clients
_ACCEPTED_AT_ONCE = 16
"""libuv accepts one connection of a listening file in each turn of the loop. A turn takes milliseconds while there is
much to decode, and hundreds of new connections a second would keep a probe waiting behind them for as many turns."""
_LINGER_SECONDS = 1.0  # for clients that were told to close, once the listener is closed
_LINGER_STEP_SECONDS = 0.05  # between two looks at whether they have
_BEFORE_CANCEL_SECONDS = 0.05  # uvicorn cancels a tenth of a second after the time to finish
_FILES_OF_OUR_OWN = 64  # listeners, the loop's, logs, and models while they are loaded
_TICKS_PER_SECOND = 10


def address(host: str, port: int) -> str:
    """Host and port as a URL has them: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind(host: str, port: int, option: int = socket.SO_REUSEADDR) -> socket.socket:
    """A listening socket; raises UsageError when the address cannot be had.

    With SO_REUSEPORT as `option` several sockets may have the same address.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family)
        # Also beside the other: connections that a server before this one has closed keep the address for a minute.
        for each in {socket.SO_REUSEADDR, option}:
            listener.setsockopt(socket.SOL_SOCKET, each, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        with suppress(AttributeError, OSError):  # what a client does not take waits where it is counted
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_IN_KERNEL)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        hint = "another program listens there; choose another --port" if is_taken else "choose another --host"
        raise UsageError(f"cannot listen on {address(host, port)}: {hint}") from None
    listener.setblocking(False)
    return listener


def run(
    app: Guard,
    listener: socket.socket,
    limits: ConnectionLimits,
    *,
    drain_seconds: float,
    finish_seconds: int,
    watchdog: Watchdog,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get `finish_seconds` to end."""
    take_short_slices()
    bounded = _within_file_limit(limits)
    lingering = Lingering(bounded, app.refusals)
    table = ConnectionTable(bounded, app.bodies.budget, app.metrics.count_closed, time.monotonic)
    shared = Shared(app, table, ResponseLines(), lingering, ReadTurns())
    app.metrics.watch_connections(lambda: len(table.members) - len(lingering))

    def connect(server_state: ServerState, **_kwargs: Any) -> Connection:
        return Connection(shared, server_state)

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=connect,  # type: ignore[arg-type]  # any callable that makes a protocol will do
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=finish_seconds,
    )
    listeners = [listener, *(listener.dup() for _ in range(_ACCEPTED_AT_ONCE - 1))]
    _Server(config, app, drain_seconds, table, watchdog).run(sockets=listeners)


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        app: Guard,
        drain_seconds: float,
        table: ConnectionTable,
        watchdog: Watchdog,
    ) -> None:
        super().__init__(config)
        self._watchdog = watchdog
        self._app = app
        self._table = table
        table.members = self.server_state.connections  # type: ignore[assignment]  # what `connect` makes
        self._drain_seconds = drain_seconds
        self._drained_at = math.inf

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, watched for a loop that hangs."""
        self._watchdog.start()
        try:
            await super().serve(sockets)
        finally:
            self._watchdog.stop()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Obey signals, but do not raise them again afterwards as uvicorn does: a clean stop exits with 0."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.handle_exit)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the signature of a handler
        if self._app.is_draining:
            os._exit(128 + sig)
        self._app.is_draining = True
        if sig == signal.SIGINT:  # somebody sits there and waits
            self._drain_seconds = 0.0
        self._drained_at = time.monotonic() + self._drain_seconds

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: look at the deadlines, and see whether the drain is over."""
        if counter % _TICKS_PER_SECOND == 0:
            self._app.refusals.next_second()
        await self._table.look()
        self.should_exit = self.should_exit or time.monotonic() >= self._drained_at
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listener, let clients that were told to close do so, then do what uvicorn does."""
        if sockets:
            await self._close_listener(sockets)
        linger_until = time.monotonic() + min(_LINGER_SECONDS, self._drain_seconds)
        while self.server_state.connections and time.monotonic() < linger_until:  # noqa: ASYNC110  # as uvicorn waits
            await asyncio.sleep(_LINGER_STEP_SECONDS)
        finish_seconds = self.config.timeout_graceful_shutdown or 0
        asyncio.get_running_loop().call_later(finish_seconds + _BEFORE_CANCEL_SECONDS, self._stop_connections)
        await super().shutdown(sockets)

    def _stop_connections(self) -> None:
        """End what is unfinished in our way, before uvicorn cancels it and answers 500."""
        for member in list(self._table.members):
            member.stop()

    async def _close_listener(self, listeners: list[socket.socket]) -> None:
        """Accept what is queued and close in one go: what is still queued on a socket is reset when it closes."""
        kept = listeners[0].dup()
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()
        await asyncio.sleep(_LINGER_STEP_SECONDS)
        accepted = []
        with suppress(BlockingIOError):
            while True:
                accepted.append(kept.accept()[0])
        kept.close()
        loop = asyncio.get_running_loop()
        for connection in accepted:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._connect, connection)

    def _connect(self) -> asyncio.Protocol:
        state, server_state = self.lifespan.state, self.server_state
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=server_state, app_state=state
        )
        return protocol


def _within_file_limit(limits: ConnectionLimits) -> ConnectionLimits:
    """Fewer connections than the process may have files open, so that accepting never fails."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    places = files - _FILES_OF_OUR_OWN - limits.lingering - RESERVED
    return replace(limits, connections=max(1, min(limits.connections, places)))
