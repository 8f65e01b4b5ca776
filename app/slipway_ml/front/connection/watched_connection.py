"""A connection's own account of itself: what it waits for, what moves on it, and what it holds.

The server looks at every connection ten times a second. What it sees becomes late or not; and it is what the connection
table goes by where places or memory are short. Nothing here reads or writes HTTP: that is what `Connection` adds.
"""

import math
import termios
from abc import abstractmethod
from collections.abc import Hashable
from fcntl import ioctl
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from slipway_ml.front.connection.connection_table import ConnectionTable, weigh
from slipway_ml.front.connection.limits import NO_PLACE
from slipway_ml.front.connection.pace import Pace
from slipway_ml.front.connection.request_cycle import HotCycle
from slipway_ml.front.exchange import Exchange
from slipway_ml.front.guard import Guard
from slipway_ml.front.memory.budget import SMALL
from slipway_ml.front.refusals import Reason, Refused

NO_DEADLINE = math.inf


class WatchedConnection(HttpToolsProtocol):
    """The part of a connection that is looked at from outside."""

    def __init__(self, *args: Any, guard: Guard, table: ConnectionTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard
        self._table = table
        self._limits = table.limits
        self._deadline = NO_DEADLINE
        self._in_head = True
        self._is_between = True
        """No request is being read: the next byte may begin one."""
        self._is_over = False
        """Nothing more is read."""
        self._lingers = False
        """Its last response is written, and what the client still sends is discarded."""
        self._left = 0
        """Bytes that are still to come of a body that goes past the parser."""
        self._since = 0.0
        """When it was made, in the loop's time."""
        self._peer = ""
        self.is_reserved = False
        """There was no place for it, so it is answered probes and metrics alone."""
        self._receiving: Pace | None = None
        """Of the body that is being read, once the server has looked at it."""
        self._sending: Pace | None = None
        """Of what waits to be sent, while anything does."""
        self._sent_for: HotCycle | RequestResponseCycle | None = None
        """The last request when `_sending` began."""
        self._unsent = 0
        """Bytes that the memory budget knows of, for `_unsent_of`."""
        self._unsent_of: Hashable = None

    @abstractmethod
    def refuse(self, refusal: Refused) -> None:
        """Read no more; answer the request that is being read, after those before it, unless it has its answer."""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_sending(self.loop.time(), self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch_sending(self.loop.time(), self.transport.get_write_buffer_size())

    def watch(self, now: float) -> None:
        """Close when a head, a body, a reader or the next request takes too long; called for every connection."""
        unsent = self.transport.get_write_buffer_size()
        if unsent or self._sending is not None:
            self._watch_sending(now, unsent)
        if self._is_over or self.pipeline or self.transport.is_closing():
            return
        if self._is_receiving():
            self._watch_receiving(now)
        elif self._receiving is not None:
            self._receiving = None
        if now > self._deadline or (self._receiving is not None and self._receiving.is_late(now)):
            self._close_late()

    def _watch_sending(self, now: float, unsent: int) -> None:
        """Count what waits for the client, and abort when it takes too little of it."""
        if not unsent:
            self._sending = self._sent_for = None
        elif self._sending is None or (self._sent_for is not self.cycle and not self.transport.is_closing()):
            # A client that has had another request answered meanwhile is one that reads.
            self._sending = Pace(now, self._limits.write_seconds, unsent)
            self._sent_for = self.cycle
        else:
            self._sending.note(now, unsent)
            is_late = self._sending.is_late(now)
            unsent = max(unsent, self._unsent)  # the transport lets go of a response once its last byte is taken
            if is_late:
                self._table.closes("slow_reader")
                self._guard.refusals.report(Reason.RESPONSE_NOT_READ)
                self.transport.abort()
                unsent = 0
        self._note_unsent(unsent)

    def _note_unsent(self, unsent: int) -> None:
        if unsent != self._unsent:
            if not self._unsent and unsent > SMALL:
                self._unsent_of = self.holder()
            self._guard.bodies.budget.wait(self._unsent_of, unsent - self._unsent)
            self._unsent = unsent
            if not unsent:
                self._unsent_of = None

    def _watch_receiving(self, now: float) -> None:
        received = self._received_of_body()
        if self._receiving is None:
            self._receiving = Pace(now, min(self._limits.body_seconds, self._limits.stall_seconds), received)
        else:
            self._receiving.note(now, received)

    def _close_late(self) -> None:
        if self.is_idle() and not self._has_begun_head():
            self._table.closes("idle")
            self.transport.close()
        else:
            self._table.closes("slow_head" if self._in_head else "slow_body")
            self.refuse(Refused(Reason.TIMEOUT, "the request took too long to arrive"))

    # What the table asks.

    def waited(self, now: float) -> float:
        """Seconds it has waited for a request, weighed; negative while it is served."""
        if self._is_over or not self.is_idle() or self._unsent or self.pipeline or self.transport.is_closing():
            return -1.0
        cycle: HotCycle | RequestResponseCycle | None = self.cycle  # uvicorn has none before the first request
        if cycle is None:
            return weigh(now - self._since, has_asked=False)
        if not self._is_between and not self._in_head:  # the rest of a body that was answered early
            return -1.0
        allowed = self._limits.head_seconds if self._in_head else self._limits.idle_seconds
        return weigh(now - (self._deadline - allowed), has_asked=True)

    def stalled(self, now: float) -> float:
        """Seconds its body or response has stood still; 0 where nothing has to move."""
        pace = self._sending or (None if self.is_idle() else self._receiving)
        return 0.0 if pace is None else pace.stalled(now)

    def has_unread(self) -> bool:
        """Whether bytes have come that nobody has looked at yet."""
        count = bytearray(4)
        try:
            ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, count)
        except (AttributeError, OSError, ValueError):  # it is closed already
            return False
        return any(count)

    def holder(self) -> Hashable:
        """Whose share of the memory it uses."""
        exchange = self._exchange()
        return None if exchange is None else self._guard.bodies.budget.caller_of(exchange)

    def dismiss(self) -> int:
        """Close it for others; returns the bytes of memory that this frees."""
        exchange, freed = self._exchange(), self._unsent
        if self._sending is not None or self.transport.is_closing():
            self._table.closes("memory" if freed else "displaced")
            self.transport.abort()
        elif self.is_idle():
            self._table.closes("displaced")
            if self._has_begun_head():
                self.refuse(Refused(Reason.TOO_MANY_CONNECTIONS, NO_PLACE))
            else:
                self.transport.close()
        else:
            self._table.closes("memory")
            freed += 0 if exchange is None else exchange.held + exchange.charged
            message = "the request stood still while others needed the memory; send it faster"
            self.refuse(Refused(Reason.STALLED, message))
        self._note_unsent(0)
        if exchange is not None:
            self._guard.bodies.release(exchange)
        return freed

    def is_idle(self) -> bool:
        """No request is being answered; uvicorn has no cycle before the first one."""
        cycle: HotCycle | RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _has_begun_head(self) -> bool:
        return self._in_head and not self._is_between

    def _is_receiving(self) -> bool:
        """A body is being read, and its client could send more of it."""
        is_in_body = self._left > 0 or not (self._is_between or self._in_head)
        return is_in_body and not self.is_idle() and not self.flow.read_paused

    def _received_of_body(self) -> int:
        exchange = self._exchange()
        held = 0 if exchange is None else exchange.held
        return held if isinstance(self.cycle, HotCycle) else held + len(self.cycle.body)

    def _exchange(self) -> Exchange | None:
        """The last request, as far as it has got to the guard."""
        cycle: HotCycle | RequestResponseCycle | None = self.cycle
        if isinstance(cycle, HotCycle):
            return cycle.exchange
        return None if cycle is None else cycle.scope.get("exchange")  # type: ignore[return-value]  # the guard's own
