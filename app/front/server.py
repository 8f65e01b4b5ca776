"""uvicorn, started our way: the socket is bound first, so a port in use is an error before anything is loaded."""

import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from app.errors import UsageError

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 65  # longer than the usual 60 s of balancers, so that they hang up first
_DRAIN_SECONDS = 10


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises UsageError when the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        hint = (
            "another program listens there; choose another --port"
            if error.errno == errno.EADDRINUSE
            else "choose another --host"
        )
        raise UsageError(f"cannot listen on {host}:{port}: {hint}") from None
    listener.setblocking(False)
    return listener


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Obey signals as uvicorn does, but do not raise them again afterwards: a clean stop exits with 0."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield
