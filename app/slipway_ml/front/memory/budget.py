"""The memory that requests may take in one process: bodies, what is decoded of them, and responses, in one count.

The event loop holds bodies as they come and notes what waits to be sent; `charge` and `refund` count the rest, from any
thread. What a request holds is given back when it ends. The rules, where memory gets short:

- What would not fit is refused with Overloaded, but first the connections that have stood still for longest are closed.
- A caller (an API key, or without keys a peer's address) gets half of the budget while another caller holds memory or
  was refused a moment ago, and never the last eighth: whoever comes next finds room. Its only request may have all.
- Requests of up to `SMALL` bytes are asked for room, but not for a share: they come and go in a moment.
"""

import time
from collections.abc import Callable, Hashable
from threading import Lock

from slipway_ml.errors import Overloaded, RequestTooLarge
from slipway_ml.front.exchange import Exchange, HotRequest

SMALL = 64 * 1024
"""Bytes of a request that come and go within a moment, and are nobody's share."""

_REFUSED_SECONDS = 10.0  # that others leave some room to a caller who lacked it: time for a client to try again
_MOST_REFUSED = 1000  # callers that are remembered
_SHORT = 7 / 8
"""How full the budget may be before what stands still has to go."""

MakeRoom = Callable[[int, Hashable], int]
"""Frees at least so many bytes, of one caller or, for None, of anybody, if it can; returns how many it has freed."""


class MemoryBudget:
    """At most `limit` bytes at once."""

    def __init__(
        self,
        limit: int,
        identify: Callable[[Exchange], Hashable] = lambda exchange: exchange.peer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._identify = identify
        self._clock = clock
        self._lock = Lock()
        self._charged = 0
        self._unsent = 0
        self._callers: dict[Hashable, int] = {}
        """What each holds in requests and responses that are not small."""
        self._refused: dict[Hashable, float] = {}
        """Callers that lacked room, and until when the others leave some to them."""
        self.held = 0
        """Bytes of bodies; the event loop's alone."""
        self.room = limit
        """What bodies may take: the limit without everything else."""
        self.shortage = 0
        """The largest request for memory that was refused since somebody looked."""
        self.large_released = 0
        """Bytes of large requests that were given back, for whoever returns memory to the system."""
        self.make_room: MakeRoom = lambda _size, _caller: 0

    @property
    def limit(self) -> int:
        """Bytes; may be set at any time."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        with self._lock:
            self._limit = limit
            self._measure()

    @property
    def taken(self) -> int:
        """Bytes that are counted now."""
        return self.held + self._charged + self._unsent

    @property
    def is_short(self) -> bool:
        """Whether hardly anything is left, or something was refused."""
        return self.shortage > 0 or self.overfill > 0

    @property
    def overfill(self) -> int:
        """Bytes above what may be taken before what stands still has to go; below zero where there are none."""
        return self.taken - int(_SHORT * self._limit)

    # For the event loop.

    def admit(self, exchange: Exchange, size: int) -> None:
        """Judge the last `size` bytes of a body, which are held already; raises Overloaded.

        Asked where the body is not small, or where there is no room.
        """
        if exchange.held + exchange.charged > SMALL:
            # The first time, the bytes of before count as well.
            self._add_large(exchange, size if exchange.large else exchange.held)
            excess = self._excess(exchange)
            if excess > 0 and self.make_room(excess, exchange.caller) < excess:
                self._note_refusal(exchange, 0)
                raise Overloaded("this caller's share of the server")
        excess = self.held - self.room
        if excess > 0:
            self.make_room(excess, None)
            if self.held > self.room:
                self._note_refusal(exchange, excess)
                raise Overloaded

    def replace(self, exchange: Exchange, size: int) -> None:
        """A response of this size takes the place of everything that its request held; never refused."""
        self.held -= exchange.held
        exchange.held = 0
        with self._lock:
            if exchange.memory is None:  # the client is gone
                return
            self._give_back(exchange, exchange.charged)
            self._drop_large(exchange)
            exchange.charged = size
            self._charged += size
            self._measure()
        self._add_large(exchange, size)

    def release(self, exchange: Exchange) -> None:
        """The request has ended: it holds nothing any more, and is charged nothing."""
        self.held -= exchange.held
        exchange.held = 0
        exchange.memory = None
        if exchange.charged or exchange.large:
            with self._lock:
                self._give_back(exchange, exchange.charged)
                self._drop_large(exchange)

    def wait(self, caller: Hashable, more: int) -> None:
        """So many more bytes wait to be sent to a client, or fewer where it is negative."""
        with self._lock:
            self._unsent += more
            if caller is not None:
                self._add_caller(caller, more)
            self._measure()

    def caller_of(self, exchange: Exchange) -> Hashable:
        """Who sent a request, for the shares."""
        if exchange.caller is None:
            exchange.caller = self._identify(exchange)
        return exchange.caller

    # For any thread.

    def charge(self, request: HotRequest, size: int) -> None:
        """Count bytes for a request; raises RequestTooLarge or Overloaded, and counts nothing then."""
        if request.charged + size > self._limit:
            raise RequestTooLarge(f"the request needs more memory than the {self._limit} bytes for all requests")
        with self._lock:
            lacking = self.held + size - self.room
            if lacking <= 0:
                request.charged += size
                self._charged += size
                self._measure()
                if request.memory is None:  # it has ended meanwhile, and nobody else would give them back
                    self._give_back(request, request.charged)
                    raise Overloaded
        if lacking > 0:
            self._note_refusal(request, lacking)
            raise Overloaded
        if isinstance(request, Exchange) and request.held + request.charged > SMALL:
            self._add_large(request, size if request.large else request.held + request.charged)
            excess = self._excess(request)
            if excess > 0:
                self.refund(request, size)
                self._note_refusal(request, 0)
                self.shortage = max(self.shortage, excess)  # what stands still goes with the next look
                raise Overloaded("this caller's share of the server")

    def refund(self, request: HotRequest, size: int) -> None:
        """Count these bytes of a request no longer."""
        with self._lock:
            size = min(size, request.charged)
            self._give_back(request, size)
            if isinstance(request, Exchange) and request.large:
                size = min(size, request.large)
                request.large -= size
                self._add_caller(request.caller, -size)

    # Under the lock, or beside it where that is said.

    def _measure(self) -> None:
        self.room = self._limit - self._charged - self._unsent

    def _give_back(self, request: HotRequest, size: int) -> None:
        request.charged -= size
        self._charged -= size
        self.large_released += size
        self._measure()

    def _drop_large(self, exchange: Exchange) -> None:
        if exchange.large:
            self.large_released += exchange.large
            self._add_caller(exchange.caller, -exchange.large)
            exchange.large = 0

    def _add_caller(self, caller: Hashable, more: int) -> None:
        left = self._callers.get(caller, 0) + more
        if left > 0:
            self._callers[caller] = left
        else:
            self._callers.pop(caller, None)

    def _add_large(self, exchange: Exchange, size: int) -> None:
        """Takes the lock itself."""
        caller = self.caller_of(exchange)
        with self._lock:
            exchange.large += size
            self._add_caller(caller, size)
            if exchange.memory is None:  # it has ended meanwhile
                self._drop_large(exchange)

    def _excess(self, exchange: Exchange) -> int:
        """Bytes of the caller above its share; takes the lock itself."""
        with self._lock:
            own = self._callers.get(exchange.caller, 0)
            if own <= self._limit // 2 or own <= exchange.large:
                return 0
            now = self._clock()
            others_wait = len(self._callers) > 1 or any(
                until > now for caller, until in self._refused.items() if caller != exchange.caller
            )
            return own - int(self._limit * (1 / 2 if others_wait else _SHORT))

    def _note_refusal(self, request: HotRequest, lacking: int) -> None:
        """Takes the lock itself."""
        if not isinstance(request, Exchange):
            return
        caller, now = self.caller_of(request), self._clock()
        with self._lock:
            self.shortage = max(self.shortage, lacking)
            if len(self._refused) >= _MOST_REFUSED:
                self._refused = {other: until for other, until in self._refused.items() if until > now}
            if lacking and len(self._refused) < _MOST_REFUSED:
                self._refused[caller] = now + _REFUSED_SECONDS
