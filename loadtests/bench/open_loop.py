"""An open-loop load generator: requests go out when they are due, whether or not earlier ones were answered.

Closed-loop tools wait for an answer before they send again, so a slow server slows its own load and looks well. Here
arrivals are Poisson and a latency counts from when the request was due, so waiting for a free connection counts too.
Run in a process of its own on a core of its own: `python -m loadtests.bench.open_loop`, the plan as JSON on stdin, what
was seen as JSON on stdout.
"""

import asyncio
import gc
import json
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from random import Random
from typing import cast
from urllib.parse import urlsplit

import uvloop

from loadtests.errors import CannotRun

OK = 200
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_PATIENCE_SECONDS = 60
_SETTLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests of one kind: GET where there is no file of bodies, otherwise POST of its lines in turn."""

    name: str
    url: str
    rate: float
    bodies: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    connections: int = 512
    patience_ms: float = 10_000.0
    hangs_up: bool = False
    """Whether a caller closes its connection when its patience ends, rather than wait for an answer of no use."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a stream. Latencies are in milliseconds and in order; `refused` are those of other answers."""

    name: str
    seconds: float
    due: int
    statuses: dict[str, int]
    good: int
    """Good answers that came while the load was on, and within the callers' patience."""
    answered: list[float]
    refused: list[float]

    @property
    def goodput(self) -> float:
        """Good answers per second."""
        return self.good / self.seconds

    def within(self, milliseconds: float) -> float:
        """The share of all requests that got a good answer within this time."""
        return sum(latency <= milliseconds for latency in self.answered) / max(self.due, 1)


def quantile(ordered: Sequence[float], share: float) -> float:
    """A quantile of numbers that are in order; 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def offer(streams: Sequence[Stream], seconds: float, core: int) -> list[Seen]:
    """Send these streams at the same time from a process on this core; raises CannotRun where it fails."""
    plan = json.dumps({"seconds": seconds, "streams": [asdict(stream) for stream in streams]})
    command = ["taskset", "--cpu-list", str(core), sys.executable, "-m", "loadtests.bench.open_loop"]
    done = subprocess.run(
        command, input=plan, capture_output=True, text=True, timeout=seconds + _PATIENCE_SECONDS, check=False
    )
    if done.returncode:
        raise CannotRun(f"the load generator failed: {done.stderr.strip()[-300:]}")
    return [Seen(**seen) for seen in json.loads(done.stdout)]


class _Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, sender: "_Sender") -> None:
        self._sender = sender
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._due = 0.0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, due: float) -> None:
        assert self._transport  # noqa: S101 - only connected clients are given requests
        self._due = due
        self._transport.write(request)
        if self._sender.stream.hangs_up:
            loop = asyncio.get_running_loop()
            late = due + self._sender.stream.patience_ms / 1000 - loop.time()
            self._patience = loop.call_later(max(0.0, late), self._transport.abort)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        head_end = received.find(_HEAD_END)
        if head_end < 0:
            return
        head = received[:head_end].lower()
        at = head.find(_LENGTH) + len(_LENGTH)
        length = int(head[at:].partition(b"\r\n")[0])
        if len(received) < head_end + len(_HEAD_END) + length:
            return
        self._received = b""
        if self._patience:
            self._patience.cancel()
        due, self._due = self._due, 0.0
        closes = b"connection: close" in head
        if closes and self._transport:
            self._transport.close()
        self._sender.answered(self, int(head[9:12]), due, is_usable=not closes)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._sender.lost(self, self._due)


class _Sender:
    """The requests of one stream."""

    def __init__(self, stream: Stream, seconds: float, seed: int) -> None:
        self.stream = stream
        self._seconds = seconds
        self._random = Random(seed)  # noqa: S311 - arrivals need no cryptography
        self._address = urlsplit(stream.url)
        self._host, self._port = self._address.hostname or "", self._address.port or 80
        self._requests = self._encode()
        self._next = self._random.randrange(len(self._requests))
        self._idle: list[_Client] = []
        self._waiting: deque[float] = deque()
        self._connections = 0
        self.due = 0
        self.statuses: Counter[str] = Counter()
        self.answered_ms: list[float] = []
        self.refused_ms: list[float] = []
        self.pending = 0
        self.good = 0
        self._ends = inf

    def _encode(self) -> list[bytes]:
        lines = {"Host": self._address.netloc, "Content-Type": "application/json", **self.stream.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        path = self._address.path or "/"
        if not self.stream.bodies:
            return [f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()]
        bodies = Path(self.stream.bodies).read_bytes().splitlines()
        return [
            b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (path.encode(), head.encode(), len(b), b)
            for b in bodies
        ]

    async def run(self) -> None:
        """Send everything that comes due, then wait for the answers."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*[self._connect() for _ in range(min(16, self.stream.connections))])
        due = started = loop.time() + _SETTLE_SECONDS
        self._ends = started + self._seconds
        while (due := due + self._random.expovariate(self.stream.rate)) < started + self._seconds:
            wait = due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self.due += 1
            self.pending += 1
            self._send(due)
        patient_until = loop.time() + _PATIENCE_SECONDS / 2
        while self.pending and loop.time() < patient_until:  # noqa: ASYNC110 - what ends is counted, not announced
            await asyncio.sleep(0.01)

    def _send(self, due: float) -> None:
        if self._idle:
            self._next = (self._next + 1) % len(self._requests)
            self._idle.pop().send(self._requests[self._next], due)
            return
        self._waiting.append(due)
        if self._connections < self.stream.connections:
            asyncio.get_running_loop().create_task(self._connect()).add_done_callback(lambda done: done.exception())

    async def _connect(self) -> None:
        self._connections += 1
        try:
            _, client = await asyncio.get_running_loop().create_connection(
                lambda: _Client(self), self._host, self._port
            )
        except OSError:
            self._connections -= 1
            return
        self._use(client)

    def _use(self, client: _Client) -> None:
        self._idle.append(client)
        if self._waiting:
            self._send(self._waiting.popleft())

    def answered(self, client: _Client, status: int, due: float, *, is_usable: bool) -> None:
        """One answer is whole."""
        self.pending -= 1
        self.statuses[str(status)] += 1
        times = self.answered_ms if status == OK else self.refused_ms
        now = asyncio.get_running_loop().time()
        latency = (now - due) * 1000
        times.append(latency)
        self.good += status == OK and now <= self._ends and latency <= self.stream.patience_ms
        if is_usable:
            self._use(client)

    def lost(self, client: _Client, due: float) -> None:
        """A connection has ended, with a request under way where `due` is not 0."""
        self._connections -= 1
        if client in self._idle:
            self._idle.remove(client)
        if due:
            self.pending -= 1
            self.statuses["lost"] += 1
        if self._waiting:
            self._send(self._waiting.popleft())

    def seen(self) -> Seen:
        """What became of it; what got no answer at all counts as "none"."""
        if self.pending:
            self.statuses["none"] += self.pending
        return Seen(
            self.stream.name,
            self._seconds,
            self.due,
            dict(self.statuses),
            self.good,
            sorted(self.answered_ms),
            sorted(self.refused_ms),
        )


async def _run(plan: dict[str, object]) -> list[Seen]:
    seconds, streams = plan["seconds"], plan["streams"]
    assert isinstance(seconds, int | float)  # noqa: S101 - written by `offer`
    assert isinstance(streams, list)  # noqa: S101 - written by `offer`
    senders = [_Sender(Stream(**stream), seconds, seed) for seed, stream in enumerate(streams)]
    gc.disable()
    await asyncio.gather(*[sender.run() for sender in senders])
    return [sender.seen() for sender in senders]


if __name__ == "__main__":
    print(json.dumps([asdict(seen) for seen in uvloop.run(_run(json.load(sys.stdin)))]))  # noqa: T201 - its result
