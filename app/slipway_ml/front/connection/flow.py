"""Whether a connection reads, and whether it may write more."""

import asyncio
from enum import Enum, auto


class Hold(Enum):
    """Why nothing is read; any one of them is enough."""

    TURN = auto()
    """Another connection's turn, see `read_turns`."""
    QUEUE = auto()
    """Requests wait for the responses to those before them."""
    BODY = auto()
    """The application has not received what came of a body."""


class Flow:
    """Of one connection; uvicorn's cycle uses it in place of its own."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: set[Hold] = set()
        self._writable = asyncio.Event()
        self._writable.set()
        self.write_paused = False
        """The client takes less than is written."""

    @property
    def is_held(self) -> bool:
        """Nothing is read."""
        return bool(self._held)

    def hold(self, reason: Hold) -> bool:
        """Read nothing more for this reason; False where it was there already."""
        if reason in self._held:
            return False
        if not (self._held or self._transport.is_closing()):
            self._transport.pause_reading()
        self._held.add(reason)
        return True

    def release(self, reason: Hold) -> None:
        """Read on, unless there is another reason not to."""
        if self._held:
            self._held.discard(reason)
            if not (self._held or self._transport.is_closing()):
                self._transport.resume_reading()

    def resume_reading(self) -> None:
        """The application wants more of the body."""
        self.release(Hold.BODY)

    def pause_writing(self) -> None:
        self.write_paused = True
        self._writable.clear()

    def resume_writing(self) -> None:
        self.write_paused = False
        self._writable.set()

    async def drain(self) -> None:
        """Wait until the client has taken enough."""
        await self._writable.wait()

    def end(self) -> None:
        """Another protocol reads now, or nobody."""
        self._held = set()
