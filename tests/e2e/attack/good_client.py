"""The caller who does nothing wrong: rows and tensors for two models on kept connections, probes on new ones, steadily.

A latency counts from when the request was due where the server kept its connection busy, and from when it was sent
where this process woke late: the server's delays count, our own do not. One line per request goes to the file, as it
ends: seconds of the system's monotonic clock, kind, milliseconds, and the status or what happened in its place.

usage: python -m tests.e2e.attack.good_client PORT KEY FILE; ends when its standard input does.
"""

import http.client
import select
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO

from tests.e2e.attack.good_bodies import GOOD_ROW, MATRIX, ROWS, instances, matrix_infer
from tests.e2e.attack.sockets import HOST

PROBE = "probe"
PREDICTION = "prediction"
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests of one kind: so many a second from each of some callers."""

    kind: str
    path: str
    body: bytes | None
    per_second: float
    callers: int = 2

    @property
    def is_probe(self) -> bool:
        return self.kind == PROBE


STREAMS = (
    Stream(PREDICTION, f"/predict/{ROWS}", instances([GOOD_ROW]), 9),
    Stream(PREDICTION, f"/predict/{ROWS}", instances([GOOD_ROW] * 100), 4),
    Stream(PREDICTION, f"/v2/models/{MATRIX}/infer", matrix_infer(1), 9),
    Stream(PREDICTION, f"/v2/models/{MATRIX}/infer", matrix_infer(100), 4),
    Stream(PROBE, "/health/live", None, 4),
    Stream(PROBE, "/health/ready", None, 4),
    Stream(PROBE, "/metrics", None, 1, callers=1),
)


class _Caller(Thread):
    """One connection at a time, one request at a time."""

    def __init__(self, stream: Stream, port: int, key: str, first: float, log: "_Log", stop: Event) -> None:
        super().__init__(daemon=True)
        self._stream, self._port, self._log, self._stop_asking = stream, port, log, stop
        self._headers = {"Authorization": f"Bearer {key}"}
        self._due = first
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        pause, is_free = 1 / self._stream.per_second, time.monotonic()
        while not self._stop_asking.wait(max(0.0, self._due - time.monotonic())):
            begun = self._due if is_free > self._due else time.monotonic()
            status = self._ask()
            is_free = time.monotonic()
            self._log.add(begun, self._stream.kind, (is_free - begun) * 1000, status)
            self._due += pause
            if is_free - self._due > _SECONDS:  # no backlog without end behind a server that is gone
                self._due = is_free

    def _ask(self) -> str:
        if self._connection is not None and _is_closed(self._connection):
            self._disconnect()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(HOST, self._port, timeout=_SECONDS)
            method = "GET" if self._stream.body is None else "POST"
            self._connection.request(method, self._stream.path, self._stream.body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._disconnect()
            return type(error).__name__
        if answer.will_close or self._stream.is_probe:
            self._disconnect()
        return str(answer.status)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):
                connection.close()


def _is_closed(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has closed a kept connection meanwhile, which any client's pool looks for before it asks."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


class _Log:
    def __init__(self, file: IO[str]) -> None:
        self._file, self._lock = file, Lock()

    def add(self, begun: float, kind: str, milliseconds: float, status: str) -> None:
        with self._lock:
            self._file.write(f"{begun:.4f} {kind} {milliseconds:.3f} {status}\n")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the good client: when it began on the monotonic clock, and what came of it."""

    begun: float
    kind: str
    milliseconds: float
    status: str

    @property
    def is_good(self) -> bool:
        return self.status == "200"


def read_log(file: Path) -> list[Asked]:
    """What the good client has seen, in the order in which it began."""
    asked = []
    for line in file.read_text().splitlines():
        begun, kind, milliseconds, status = line.split()
        asked.append(Asked(float(begun), kind, float(milliseconds), status))
    return sorted(asked, key=lambda one: one.begun)


def main() -> None:
    port, key, file = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    stop, now = Event(), time.monotonic() + 0.2
    with file.open("w") as opened:
        log = _Log(opened)
        callers = [
            _Caller(stream, port, key, now + (number + at / 7) / stream.per_second / stream.callers, log, stop)
            for at, stream in enumerate(STREAMS)
            for number in range(stream.callers)
        ]
        for caller in callers:
            caller.start()
        sys.stdin.read()
        stop.set()
        until = time.monotonic() + _SECONDS + 1
        for caller in callers:
            caller.join(max(0.0, until - time.monotonic()))


if __name__ == "__main__":
    main()
