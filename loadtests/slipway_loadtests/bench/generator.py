"""The process that sends an open loop: one thread over raw sockets, which does nothing but keep to its schedule.

An event loop with protocols, transports and timers costs more per request than the server under test. Here every
arrival is drawn beforehand, and each turn sends what has come due, reads what has come back, and sleeps until the next
arrival. How late a request was noticed is recorded, since figures are worth no more than their schedule.
Run by `open_loop.offer`: `python -m slipway_loadtests.bench.generator FILE`, the plan as JSON on stdin, what was seen
in FILE.
"""

import gc
import json
import select
import socket
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from math import inf
from operator import itemgetter
from pathlib import Path
from random import Random
from time import perf_counter
from urllib.parse import urlsplit

from slipway_loadtests.bench.open_loop import OK, PATIENCE_SECONDS, Seen, Stream

_SETTLE_SECONDS = 0.2
_FIRST_CONNECTIONS = 16
_CHUNK = 256 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_GONE = select.EPOLLHUP | select.EPOLLERR


class _Client:
    """One connection, one request at a time; `due` is 0 while there is none."""

    __slots__ = ("_received", "_sender", "_unsent", "due", "is_connected", "number", "socket")

    def __init__(self, sender: "_Sender", address: tuple[str, int]) -> None:
        self._sender = sender
        self._received = b""
        self._unsent = memoryview(b"")
        self.due = 0.0
        self.number = 0
        """Of the request under way, so that a caller whose patience ends disconnects on its own request alone."""
        self.is_connected = False
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(address)

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self.number += 1
        self._write(memoryview(request))

    def _write(self, rest: memoryview) -> None:
        try:
            sent = self.socket.send(rest)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._sender.lost(self)
            return
        was_short, self._unsent = bool(self._unsent), rest[sent:]
        if was_short or self._unsent:
            self._sender.listen(self, writes=bool(self._unsent))

    def wake(self, event: int) -> None:
        """The socket has something to read, room to write, or is gone."""
        if not self.is_connected:
            if event & _GONE:
                self._sender.lost(self)
                return
            if not event & select.EPOLLOUT:
                return
            self.is_connected = True
            self._sender.listen(self, writes=False)
            self._sender.use(self)
            return
        if self._unsent and event & select.EPOLLOUT:
            self._write(self._unsent)
        if event & (select.EPOLLIN | _GONE):
            self._read()

    def _read(self) -> None:
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._sender.lost(self)
            return
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
        if not self.due:  # the server says that it has no room for one connection more
            self._sender.lost(self)
            return
        due, self.due = self.due, 0.0
        self._sender.answered(self, int(head[9:12]), due, is_usable=b"connection: close" not in head)


class _Sender:
    """The requests of one stream."""

    def __init__(self, stream: Stream, seconds: float, seed: int, poll: select.epoll) -> None:
        self.stream = stream
        self._seconds = seconds
        self._poll = poll
        self._random = Random(seed)  # noqa: S311 - arrivals need no cryptography
        self._url = urlsplit(stream.url)
        self._requests = self._encode()
        self._next = self._random.randrange(len(self._requests))
        self._idle: list[_Client] = []
        self._waiting: deque[float] = deque()
        self._disconnects: deque[tuple[float, _Client, int]] = deque()
        self.clients: dict[int, _Client] = {}
        self.due = self.pending = self.good = 0
        self.statuses: Counter[str] = Counter()
        self.responded_ms: list[float] = []
        self.refused_ms: list[float] = []
        self.late_ms: list[float] = []
        self.ends = inf
        for _ in range(min(_FIRST_CONNECTIONS, stream.connections)):
            self._connect()

    def _encode(self) -> list[bytes]:
        lines = {"Host": self._url.netloc, "Content-Type": "application/json", **self.stream.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        path = self._url.path or "/"
        if not self.stream.bodies:
            return [f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()]
        bodies = Path(self.stream.bodies).read_bytes().splitlines()
        return [
            b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (path.encode(), head.encode(), len(b), b)
            for b in bodies
        ]

    def arrivals(self, started: float) -> Iterator[tuple[float, "_Sender"]]:
        """When requests are due, in order."""
        self.ends = started + self._seconds
        due = started
        while (due := due + self._random.expovariate(self.stream.rate)) < self.ends:
            yield due, self

    def send(self, due: float, now: float) -> None:
        """A request has come due and been noticed."""
        self.due += 1
        self.pending += 1
        self.late_ms.append((now - due) * 1000)
        self._dispatch(due)

    def _dispatch(self, due: float) -> None:
        if not self._idle:
            self._waiting.append(due)
            if len(self.clients) < self.stream.connections:
                self._connect()
            return
        client = self._idle.pop()
        self._next = (self._next + 1) % len(self._requests)
        client.send(self._requests[self._next], due)
        if self.stream.hangs_up:
            self._disconnects.append((due + self.stream.patience_ms / 1000, client, client.number))

    def _connect(self) -> None:
        client = _Client(self, (self._url.hostname or "", self._url.port or 80))
        self.clients[client.socket.fileno()] = client
        self._poll.register(client.socket, select.EPOLLOUT)

    def listen(self, client: _Client, *, writes: bool) -> None:
        self._poll.modify(client.socket, select.EPOLLIN | select.EPOLLOUT if writes else select.EPOLLIN)

    def use(self, client: _Client) -> None:
        """A connection is free."""
        self._idle.append(client)
        if self._waiting:
            self._dispatch(self._waiting.popleft())

    def disconnect(self, now: float) -> None:
        """Close the connections of callers whose patience has ended."""
        while self._disconnects and self._disconnects[0][0] <= now:
            _, client, number = self._disconnects.popleft()
            if client.due and client.number == number:
                self.lost(client)

    def answered(self, client: _Client, status: int, due: float, *, is_usable: bool) -> None:
        """One response is whole."""
        now = perf_counter()
        latency = (now - due) * 1000
        self.pending -= 1
        self.statuses[str(status)] += 1
        (self.responded_ms if status == OK else self.refused_ms).append(latency)
        self.good += status == OK and now <= self.ends and latency <= self.stream.patience_ms
        if is_usable:
            self.use(client)
        else:
            self.lost(client)

    def lost(self, client: _Client) -> None:
        """A connection has ended, maybe with a request under way."""
        if self.clients.pop(client.socket.fileno(), None) is None:
            return
        with suppress(ValueError):
            self._idle.remove(client)
        client.socket.close()
        if client.due:
            client.due = 0.0
            self.pending -= 1
            self.statuses["lost"] += 1
        if self._waiting:
            self._dispatch(self._waiting.popleft())

    def seen(self) -> Seen:
        """What became of it; what got no response at all counts as "none"."""
        if self.pending:
            self.statuses["none"] += self.pending
        times = (sorted(self.responded_ms), sorted(self.refused_ms), sorted(self.late_ms))
        return Seen(self.stream.name, self._seconds, self.due, dict(self.statuses), self.good, *times)


def _run(streams: list[Stream], seconds: float) -> list[Seen]:
    """Send everything that comes due, then wait for the responses."""
    poll = select.epoll()
    senders = [_Sender(stream, seconds, seed, poll) for seed, stream in enumerate(streams)]
    started = perf_counter() + _SETTLE_SECONDS
    arrivals = iter(sorted([due for sender in senders for due in sender.arrivals(started)], key=itemgetter(0)))
    due, sender = next(arrivals, (inf, senders[0]))
    last = started + seconds + PATIENCE_SECONDS / 2
    while due < inf or any(sender.pending for sender in senders):
        now = perf_counter()
        if now > last:
            break
        while due <= now:
            sender.send(due, now)
            due, sender = next(arrivals, (inf, sender))
        for each in senders:
            each.disconnect(now)
        _wake(poll, senders, min(due - perf_counter(), 0.001))
    return [sender.seen() for sender in senders]


def _wake(poll: select.epoll, senders: list[_Sender], seconds: float) -> None:
    """Handle what has happened on the sockets; where nothing has, sleep this long at most."""
    events = poll.poll(0)
    if not events and seconds > 0:
        select.select([poll.fileno()], [], [], seconds)  # to the microsecond, where polling knows milliseconds
        events = poll.poll(0)
    for descriptor, event in events:
        for sender in senders:
            client = sender.clients.get(descriptor)
            if client is not None:
                client.wake(event)
                break


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    gc.disable()
    found = _run([Stream(**stream) for stream in plan["streams"]], plan["seconds"])
    Path(sys.argv[1]).write_text(json.dumps([asdict(seen) for seen in found]), encoding="utf-8")
