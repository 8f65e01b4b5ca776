"""What is written on a connection and waits for its client: counted as memory, and given up if it stands still."""

from collections.abc import Hashable

from slipway_ml.front.connection.asgi_cycle import AsgiCycle
from slipway_ml.front.connection.pace import Pace
from slipway_ml.front.connection.request_cycle import HotCycle
from slipway_ml.front.memory.budget import SMALL, MemoryBudget


class Unsent:
    """Of one connection; `seconds` is how long it may stand still."""

    __slots__ = ("_budget", "_holder", "_pace", "_request", "_seconds", "size")

    def __init__(self, budget: MemoryBudget, seconds: float) -> None:
        self._budget = budget
        self._seconds = seconds
        self.size = 0
        """Bytes that the budget knows of."""
        self._holder: Hashable = None
        """Whose share they are counted to, where they are not few."""
        self._pace: Pace | None = None
        self._request: HotCycle | AsgiCycle | None = None
        """The newest request when the pace began."""

    def watch(self, now: float, waiting: int, request: HotCycle | AsgiCycle | None, *, is_closing: bool) -> bool:
        """Note that so many bytes wait, with `request` as the newest; whether the client takes too little of them."""
        if not waiting:
            self.clear()
            return False
        if self._pace is None or (self._request is not request and not is_closing):
            # A client that has had another request answered meanwhile is one that reads.
            self._pace = Pace(now, self._seconds, waiting)
            self._request = request
        else:
            self._pace.note(now, waiting)
            if self._pace.is_late(now):
                self._count(0, request)
                return True
            waiting = max(waiting, self.size)  # the transport lets go of a response once its last byte is taken
        self._count(waiting, request)
        return False

    def clear(self) -> None:
        """Nothing waits any more."""
        self._pace = self._request = None
        self._count(0, None)

    def stalled(self, now: float, waiting: int) -> float:
        """Seconds for which it has stood still, with so many bytes waiting now."""
        if self._pace is None:
            return 0.0
        self._pace.note(now, waiting)
        return self._pace.stalled(now)

    def __bool__(self) -> bool:
        return self._pace is not None

    def _count(self, size: int, request: HotCycle | AsgiCycle | None) -> None:
        if size == self.size:
            return
        if not self.size and size > SMALL and request is not None and request.exchange is not None:
            self._holder = self._budget.caller_of(request.exchange)
        self._budget.wait(self._holder, size - self.size)
        self.size = size
        if not size:
            self._holder = None
