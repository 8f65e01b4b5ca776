"""A connection as the table of all connections sees it: what it waits for, how long it has stood still, what it holds.

Nothing here moves it to another state but `refuse`, which is `Connection`'s.
"""

import asyncio
import math
import termios
from abc import abstractmethod
from collections import deque
from collections.abc import Hashable
from fcntl import ioctl

from slipway_ml.front.connection.asgi_cycle import AsgiCycle
from slipway_ml.front.connection.connection_table import ConnectionTable, weigh
from slipway_ml.front.connection.flow import Flow
from slipway_ml.front.connection.limits import NO_PLACE
from slipway_ml.front.connection.pace import Pace
from slipway_ml.front.connection.request_cycle import HotCycle
from slipway_ml.front.connection.state import BETWEEN, BODY, HEAD, LAST, LINGERING, State
from slipway_ml.front.connection.unsent import Unsent
from slipway_ml.front.guard import Guard
from slipway_ml.front.refusals import Reason, Refused

NO_DEADLINE = math.inf
_NOTHING_UNREAD = bytes(4)


class PlacedConnection(asyncio.Protocol):
    """What is known of one connection."""

    transport: asyncio.Transport
    flow: Flow

    def __init__(self, guard: Guard, table: ConnectionTable) -> None:
        self._guard = guard
        self._table = table
        self._limits = table.limits
        self._budget = guard.bodies.budget
        self._loop = asyncio.get_running_loop()
        self.state: State = BETWEEN
        self._deadline = NO_DEADLINE
        """When the part of a request that is waited for must be there."""
        self._since = self._loop.time()
        self.is_reserved = False
        """There was no place for it, so it is answered probes and metrics alone."""
        self._request: HotCycle | AsgiCycle | None = None
        """The newest request."""
        self._answering: HotCycle | AsgiCycle | None = None
        """The request that has its turn, until its response is complete."""
        self._waiting: deque[AsgiCycle] = deque()
        """Those behind it; the newest is the last of them."""
        self._receiving: Pace | None = None
        """Of the body that is being read, once the table has looked at it."""
        self._unsent = Unsent(self._budget, self._limits.write_seconds)

    @abstractmethod
    def refuse(self, refusal: Refused) -> None:
        """Read no more; answer the request that is being read, after those before it, unless it has its response."""

    def pause_writing(self) -> None:
        self.flow.pause_writing()
        self._watch_unsent(self._loop.time(), self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self.flow.resume_writing()
        self._watch_unsent(self._loop.time(), self.transport.get_write_buffer_size())

    # What is looked at ten times a second.

    def watch(self, now: float) -> None:
        """Close when a head, a body, a reader or the next request takes too long."""
        if (waiting := self.transport.get_write_buffer_size()) or self._unsent:
            self._watch_unsent(now, waiting)
        if self.is_over or self._waiting or self.transport.is_closing():
            return
        if self.state is not BODY or self._answering is None or self.flow.is_held:
            self._receiving = None
        else:
            self._watch_receiving(now, self._answering.received)
        if now > self._deadline or (self._receiving is not None and self._receiving.is_late(now)):
            self._close_late()

    def _watch_unsent(self, now: float, waiting: int) -> None:
        """Count what waits for the client, and abort when it takes too little of it."""
        if self._unsent.watch(now, waiting, self._request, is_closing=self.transport.is_closing()):
            self._table.closes("slow_reader")
            self._guard.refusals.report(Reason.RESPONSE_NOT_READ)
            self.transport.abort()

    def _watch_receiving(self, now: float, received: int) -> None:
        if self._receiving is None:
            self._receiving = Pace(now, min(self._limits.body_seconds, self._limits.stall_seconds), received)
        else:
            self._receiving.note(now, received)

    def _close_late(self) -> None:
        if self._answering is None and self.state is not HEAD:
            self._table.closes("idle")
            self.transport.close()
        else:
            self._table.closes("slow_head" if self.state is HEAD else "slow_body")
            self.refuse(Refused(Reason.TIMEOUT, "the request took too long to arrive"))

    # What decides who goes.

    def waited(self, now: float) -> float:
        """Seconds it has waited for a request, weighed; negative while it is served."""
        if self._answering is not None or self._unsent.size or self.transport.is_closing():
            return -1.0
        if self.state is not BETWEEN and self.state is not HEAD:
            return -1.0
        if self._request is None:
            return weigh(now - self._since, has_asked=False)
        allowed = self._limits.head_seconds if self.state is HEAD else self._limits.idle_seconds
        return weigh(now - (self._deadline - allowed), has_asked=True)

    def stalled(self, now: float) -> float:
        """Seconds its body or response has stood still; 0 where nothing has to move."""
        if self._unsent:
            return self._unsent.stalled(now, self.transport.get_write_buffer_size())
        if self._answering is None or self._receiving is None:
            return 0.0
        self._receiving.note(now, self._answering.received)
        return self._receiving.stalled(now)

    def has_unread(self) -> bool:
        """Whether bytes have come that nobody has looked at yet."""
        count = bytearray(_NOTHING_UNREAD)
        try:
            ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, count)
        except (AttributeError, OSError, ValueError):  # it is closed already
            return False
        return count != _NOTHING_UNREAD

    def holder(self) -> Hashable:
        """Whose share of the memory it uses."""
        exchange = None if self._request is None else self._request.exchange
        return None if exchange is None else self._budget.caller_of(exchange)

    def dismiss(self) -> int:
        """Close it for others; returns the bytes of memory that this frees."""
        exchange = None if self._request is None else self._request.exchange
        freed = self._unsent.size
        if self._unsent or self.transport.is_closing():
            self._table.closes("memory" if freed else "displaced")
            self.transport.abort()
        elif self._answering is None:
            self._table.closes("displaced")
            if self.state is HEAD:
                self.refuse(Refused(Reason.TOO_MANY_CONNECTIONS, NO_PLACE))
            else:
                self.transport.close()
        else:
            self._table.closes("memory")
            freed += 0 if exchange is None else exchange.held + exchange.charged
            message = "the request stood still while others needed the memory; send it faster"
            self.refuse(Refused(Reason.STALLED, message))
        self._unsent.clear()
        if exchange is not None:
            self._guard.bodies.release(exchange)
        return freed

    @property
    def is_over(self) -> bool:
        """Nothing more is read."""
        return self.state is LAST or self.state is LINGERING
