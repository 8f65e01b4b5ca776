"""What an attack does with its connections, and the count of what came of it."""

import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from tests.e2e.attack.sockets import CLOSE, connect, read_to_end, request, statuses

UNANSWERED = "unanswered"
REFUSED = "not connected"


@dataclass
class Sender:
    """The caller behind one attack. `key` is a good one, of somebody who has gone wild; `ends` is when it stops."""

    port: int
    key: str
    ends: float
    sent: int = 0
    largest_surplus: int = 0
    """By how many bytes the largest response was larger than its request."""
    answers: Counter[str] = field(default_factory=Counter)
    held: list[socket.socket] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def is_over(self) -> bool:
        return time.monotonic() >= self.ends

    @property
    def bearer(self) -> bytes:
        return b"authorization: Bearer " + self.key.encode()

    def saw(self, answer: str, count: int = 1) -> None:
        with self.lock:
            self.answers[answer] += count

    def connect(self, seconds: float = 10.0, receive_buffer: int = 0) -> socket.socket | None:
        """A connection, where one is accepted."""
        try:
            return connect(self.port, seconds, receive_buffer)
        except OSError:
            self.saw(REFUSED)
            return None

    def send(self, connection: socket.socket, data: bytes) -> bool:
        """Whether the other side took it all; what it took is counted."""
        view, done = memoryview(data), 0
        with suppress(OSError):
            while done < len(view):
                done += connection.send(view[done : done + (1 << 18)])
        with self.lock:
            self.sent += done
        return done == len(view)

    def ask(self, data: bytes, expected: int = 1, seconds: float = 20.0) -> None:
        """Send requests, read their responses to the end, and count them."""
        connection = self.connect(seconds)
        if connection is None:
            return
        with connection:
            self.send(connection, data)
            received = read_to_end(connection)
        found = statuses(received)
        for status in found:
            self.saw(status)
        if len(found) < expected and not self.is_over():
            self.saw(UNANSWERED, expected - len(found))
        with self.lock:
            self.largest_surplus = max(self.largest_surplus, len(received) - len(data))

    def post(self, path: str, body: bytes, *headers: bytes) -> None:
        """One request with the sender's key, on a connection of its own."""
        self.ask(request(path, body, [self.bearer, CLOSE, *headers]))

    def each(self, items: Sequence[tuple[str, bytes]], *headers: bytes) -> Callable[[], None]:
        """A step that posts the next of these each time it is called."""
        turn = iter(range(10**9))

        def step() -> None:
            path, body = items[next(turn) % len(items)]
            self.post(path, body, *headers)

        return step
