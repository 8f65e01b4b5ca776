"""The memory that requests may take in one process: bodies, what is decoded of them, and responses, in one count.

The event loop counts bodies as they come; `charge` and `refund` count everything else, from any thread. What a request
holds is given back when it ends, whatever became of it.
"""

from threading import Lock

from app.errors import Overloaded, RequestTooLarge
from app.front.exchange import HotRequest


class MemoryBudget:
    """At most `limit` bytes at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = 0
        """Bodies; the event loop's alone."""
        self._charged = 0
        """Everything else, under the lock."""
        self._lock = Lock()

    @property
    def taken(self) -> int:
        """Bytes that are counted now."""
        return self._held + self._charged

    def charge(self, request: HotRequest, size: int) -> None:
        """Count bytes for a request; raises RequestTooLarge or Overloaded, and counts nothing then."""
        with self._lock:
            if request.charged + size > self.limit:
                raise RequestTooLarge(f"the request needs more memory than the {self.limit} bytes for all requests")
            if self._held + self._charged + size > self.limit:
                raise Overloaded
            request.charged += size
            self._charged += size

    def refund(self, request: HotRequest, size: int) -> None:
        """Count these bytes of a request no longer."""
        with self._lock:
            size = min(size, request.charged)
            request.charged -= size
            self._charged -= size
