"""Large bodies are read in turns: a little of one, then whatever else the event loop has to do, then of the next one.

A client that sends fast fills the kernel's buffer with megabytes, and libuv reads up to 32 buffers of one connection
before it looks at another one. Two dozen such clients would keep everybody else waiting for tens of milliseconds.
"""

import asyncio
from collections import deque
from typing import Protocol

LARGE_READ = 64 * 1024
"""What comes in pieces of so many bytes comes faster than it is read."""


class Reader(Protocol):
    """A connection, as the turns see it."""

    def read_on(self) -> None:
        """Read again, unless something else stands against it."""
        ...


class ReadTurns:
    """One for all connections of a server."""

    def __init__(self) -> None:
        self._waiting: deque[Reader] = deque()

    def wait(self, reader: Reader) -> None:
        """`reader` has paused, and goes on when it is its turn: one of them in each turn of the loop."""
        self._waiting.append(reader)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        reader = self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)
        reader.read_on()
