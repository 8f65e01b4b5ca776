"""How many requests per second one key may send, counted in this process alone.

Per key one number is kept: when its requests so far would have been due at an even pace (the generic cell rate
algorithm). Whoever is ahead of that by more than a second has to wait.
"""

from collections.abc import Callable
from math import ceil
from time import monotonic

from slipway_ml.errors import RateLimited

_AHEAD_SECONDS = 1.0
"""As many requests as this many seconds allow may come at once."""


class RateLimit:
    """The pace of every key; belongs to one event loop."""

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._interval = 1.0 / per_second
        self._ahead = max(0.0, _AHEAD_SECONDS - self._interval)
        self._clock = clock
        self._due: dict[str, float] = {}

    def take(self, key_id: str) -> None:
        """Count one request of a key; raises RateLimited, and counts nothing, where it comes too early."""
        now = self._clock()
        due = max(self._due.get(key_id, now), now)
        early = due - now - self._ahead
        if early > self._interval * 1e-6:  # rounding is no reason to refuse
            raise RateLimited(ceil(early))
        self._due[key_id] = due + self._interval
