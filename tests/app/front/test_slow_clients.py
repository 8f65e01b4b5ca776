"""Slow heads, slow bodies and slow readers together, against a real server, beside a client that is none of them."""

import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from tests.factories import publish
from tests.server import Server, running_server
from tests.wire import ROW, closed, connect, metric, post, receive, resident_mib, rows, status, until

SLOW = 40
"""Of each kind."""
DEADLINES = ("--head-seconds", "2", "--body-seconds", "4", "--write-seconds", "2")
LIMITS = (*DEADLINES, "--max-queue-rows", "10000000", "--deadline-seconds", "60")
HEAD = b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\n"
RESPONSE_ROWS = 8_000


def test_slow_clients_are_closed_in_their_time_and_do_not_disturb_another(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, *LIMITS) as server, ExitStack() as stack:
        good = Good(server)
        stack.enter_context(good)
        assert until(lambda: good.statuses.count(200) > 20)
        before = resident_mib(server)
        heads, bodies, readers = ([stack.enter_context(connect(server, 2048)) for _ in range(SLOW)] for _ in range(3))
        for head, body, reader in zip(heads, bodies, readers, strict=True):
            head.sendall(HEAD)
            body.sendall(post(b"{", length=100_000))
            reader.sendall(post(rows(RESPONSE_ROWS)))
            reader.setblocking(False)
        peak = before

        def all_are_closed() -> bool:
            nonlocal peak
            for head, body, reader in zip(heads, bodies, readers, strict=True):
                drip(head, b"X-More: and more\r\n")
                drip(body, b" ")
                with suppress(OSError):
                    reader.recv(1)
            peak = max(peak, resident_mib(server))
            return [closed(server, reason) for reason in ("slow_head", "slow_body", "slow_reader")] == [SLOW] * 3

        assert until(all_are_closed)

    assert set(good.statuses) == {200}
    assert peak < before + 20


def test_server_holds_nothing_once_slow_clients_are_gone(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, *LIMITS) as server, ExitStack() as stack:
        for _ in range(SLOW):
            stack.enter_context(connect(server)).sendall(post(b"{", length=100_000))
        assert until(lambda: closed(server, "slow_body") == SLOW)

        assert until(lambda: metric(server, "slipway_connections") == 1)  # the one that asks
        assert metric(server, "slipway_request_memory_bytes") == 0
        assert metric(server, "slipway_in_flight") == 1


class Good:
    """A client that asks again and again on one connection, and notes what it is answered."""

    def __init__(self, server: Server) -> None:
        self.statuses: list[int] = []
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        with connect(self._server) as client:
            while not self._stop.wait(0.01):
                client.sendall(post(ROW))
                self.statuses.append(status(receive(client)))


def drip(client: socket.socket, data: bytes) -> None:
    """Send a little to a server that may have closed."""
    with suppress(OSError):
        client.sendall(data)
