"""Tests wait for states, never for a time: the limit says only when to give up, also on a busy machine."""

import time
from collections.abc import Callable

LIMIT = 60.0


def until(holds: Callable[[], object], limit: float = LIMIT) -> None:
    """Return once it holds; raise TimeoutError where it does not within `limit` seconds."""
    latest = time.monotonic() + limit
    while not holds():
        if time.monotonic() > latest:
            raise TimeoutError(f"it did not hold within {limit:g} s")
        time.sleep(0.02)
