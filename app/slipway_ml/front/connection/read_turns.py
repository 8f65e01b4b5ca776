"""Large bodies are read in turns: a piece of one, then whatever else the event loop has to do, then another piece.

A client that sends fast fills the kernel's buffer with megabytes, and libuv reads up to 32 buffers of one connection
before it looks at another one. Two dozen such clients would keep everybody else waiting for tens of milliseconds.

Whose body lacks least is next, so that bodies are completed instead of all lying in memory in part; every fourth turn
is that of the one that has waited longest.
"""

import asyncio
import heapq
from typing import Protocol

LARGE_READ = 64 * 1024
"""What comes in pieces of so many bytes comes faster than it is read."""
_LONGEST_EVERY = 4  # turns: often enough that a large body arrives, seldom enough that small ones overtake it


class Reader(Protocol):
    """A connection, as the turns see it."""

    def read_on(self) -> None:
        """Read again, unless something else stands against it."""
        ...


class ReadTurns:
    """One for all connections of a server."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Reader]] = []
        self._number = 0
        self._turns = 0

    def wait(self, reader: Reader, left: int) -> None:
        """`reader` has paused, with `left` bytes to come, and goes on when it is its turn."""
        self._number += 1
        heapq.heappush(self._waiting, (left, self._number, reader))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._turns += 1
        if self._turns % _LONGEST_EVERY:
            _, _, reader = heapq.heappop(self._waiting)
        else:
            longest = min(self._waiting, key=lambda waiting: waiting[1])
            self._waiting.remove(longest)
            heapq.heapify(self._waiting)
            reader = longest[2]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)
        reader.read_on()
