"""A connection after its last response: what the client still sends is read and dropped, so that it reads the response.

Closing a socket that has unread bytes resets the connection, which destroys a response that is on its way; a proxy
then takes the server for broken. So the server closes its own side only, reads on within bounds of bytes and seconds,
and closes when the client does. What is read goes into one buffer for all, and not faster than a rate for all.
"""

import asyncio
import math
from typing import Protocol

from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.refusals import Reason, Refusals

_BUFFER_BYTES = 64 * 1024  # read at once, as the loop itself does
_SLICE_SECONDS = 0.05
_SLICE_BYTES = 6 * 1024 * 1024
"""Together 120 MiB/s, which takes a twentieth of one processor; what is over it waits for the next slice."""


class Owner(Protocol):
    """The connection, as its lingering close sees it."""

    def connection_lost(self, exc: Exception | None) -> None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...


class Lingering:
    """All connections of a process that linger, the oldest first."""

    def __init__(self, limits: ConnectionLimits, refusals: Refusals) -> None:
        self.limits = limits
        self.refusals = refusals
        self.buffer = bytearray(_BUFFER_BYTES)
        self._closes: dict[LingeringClose, None] = {}
        self._slice_ends = -math.inf
        self._slice_left = 0

    def __len__(self) -> int:
        return len(self._closes)

    def begin(self, owner: Owner, transport: asyncio.Transport) -> None:
        """Take over a transport to which the last response was written."""
        if len(self._closes) >= self.limits.lingering:
            next(iter(self._closes)).close()
        self._closes[close := LingeringClose(self, owner, transport)] = None
        close.begin()

    def end(self, close: "LingeringClose") -> None:
        """The connection is lost, or need not linger any more."""
        self._closes.pop(close, None)

    def pause(self, now: float, size: int) -> float:
        """Seconds to wait before more is read, after `size` bytes were."""
        if now >= self._slice_ends:
            self._slice_ends, self._slice_left = now + _SLICE_SECONDS, _SLICE_BYTES
        self._slice_left -= size
        return self._slice_ends - now if self._slice_left <= 0 else 0.0


class LingeringClose(asyncio.BufferedProtocol):
    """The protocol of one connection from its last response to its end."""

    def __init__(self, lingering: Lingering, owner: Owner, transport: asyncio.Transport) -> None:
        self._lingering = lingering
        self._owner = owner
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._bytes_left = lingering.limits.linger_bytes
        limits, now = lingering.limits, self._loop.time()
        self._ends_at = now + limits.linger_seconds
        self._last_end = self._ends_at + limits.write_seconds
        self._progress_at = now
        self._timer: asyncio.TimerHandle | None = None
        self._resumption: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Close our side once all is written, and read on."""
        self._transport.pause_reading()  # the loop asks for the protocol's way of reading when it begins to read
        self._transport.set_protocol(self)
        self._transport.resume_reading()
        self._transport.write_eof()
        self._timer = self._loop.call_later(self._lingering.limits.linger_idle_seconds, self._look)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002  # the signature of a buffered protocol
        """Where the loop puts what it reads."""
        return self._lingering.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """So much was read, and is dropped."""
        self._bytes_left -= nbytes
        if self._bytes_left < 0:
            self._cut_off()
            return
        self._progress_at = now = self._loop.time()
        seconds = self._lingering.pause(now, nbytes)
        if seconds:
            self._transport.pause_reading()
            self._resumption = self._loop.call_later(seconds, self._read_on)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has closed its side too, or we were at the end of our patience."""
        for handle in (self._timer, self._resumption):
            if handle is not None:
                handle.cancel()
        self._lingering.end(self)
        self._owner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._owner.pause_writing()

    def resume_writing(self) -> None:
        self._owner.resume_writing()

    def close(self) -> None:
        """Linger no longer."""
        self._lingering.end(self)
        self._transport.close()

    def _read_on(self) -> None:
        self._resumption = None
        self._progress_at = self._loop.time()
        self._transport.resume_reading()

    def _look(self) -> None:
        """Whether the connection is at its end."""
        limits, now = self._lingering.limits, self._loop.time()
        if self._transport.get_write_buffer_size() and now < self._last_end:
            # The response is still on its way; a client that does not take it has its own deadline.
            self._ends_at, self._progress_at = min(now + limits.linger_seconds, self._last_end), now
        if now >= self._ends_at:
            self._cut_off()
        elif self._resumption is None and now >= self._progress_at + limits.linger_idle_seconds:
            self.close()
        else:
            next_look = min(self._ends_at, self._progress_at + limits.linger_idle_seconds)
            self._timer = self._loop.call_at(max(next_look, now + _SLICE_SECONDS), self._look)

    def _cut_off(self) -> None:
        self._lingering.refusals.report(Reason.REST_TOO_LONG)
        self._transport.abort()
