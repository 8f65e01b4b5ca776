"""Short slices for the thread of the event loop, as the kernel sees them."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway_ml.front.process.time_slice import take_short_slices


def slice_of_this_thread() -> int:
    """In nanoseconds, as the scheduler tells."""
    file = Path(f"/proc/self/task/{threading.get_native_id()}/sched")
    found = [line for line in file.read_text().splitlines() if line.startswith("se.slice")] if file.exists() else []
    if not found:
        pytest.skip("this kernel does not tell the slices of a thread; Linux 6.12 with CONFIG_SCHED_DEBUG does")
    return int(found[0].partition(":")[2])


def in_thread(body: Callable[[], None]) -> None:
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()


def test_the_thread_that_asks_gets_short_slices_and_those_it_starts_have_ordinary_ones() -> None:
    ordinary = slice_of_this_thread()
    seen: list[int] = []

    def ask() -> None:
        seen.append(take_short_slices())
        seen.append(slice_of_this_thread())
        in_thread(lambda: seen.append(slice_of_this_thread()))

    in_thread(ask)

    assert seen == [True, 100_000, ordinary]
    assert slice_of_this_thread() == ordinary
