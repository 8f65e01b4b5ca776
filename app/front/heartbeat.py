"""The heartbeat of an event loop, in memory that its process shares with its supervisor, and how silence is judged.

The loop adds one to a number several times a second. Whoever watches looks as often whether the number has changed: a
thread of the same process, and the supervisor from outside, which also sees a process that is stopped or whose threads
all wait for one that never lets go.
"""

import asyncio
import mmap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BEAT_SECONDS = 0.25
_LATEST_LOOK = 2.0
"""A look that comes later than this many beats counts as one after this many."""
_NUMBERS = 2
_BYTES = 8
_NANO = 1e-9
_TRACED = "t"


class Heartbeats:
    """Those of several processes that will be forked from this one, on shared pages."""

    def __init__(self, count: int = 1) -> None:
        self._numbers = memoryview(mmap.mmap(-1, count * _NUMBERS * _BYTES)).cast("Q")

    def of(self, number: int) -> "Heartbeat":
        """That of one process."""
        return Heartbeat(self._numbers[number * _NUMBERS : (number + 1) * _NUMBERS])


class Heartbeat:
    """Beats counted since the loop began, and whether the process has said that it cannot go on."""

    def __init__(self, numbers: memoryview) -> None:
        self._numbers = numbers

    @property
    def beats(self) -> int:
        """0 while no loop runs: before it has begun, and after it has ended."""
        return self._numbers[0]

    @property
    def is_hopeless(self) -> bool:
        """Whether the process asked to be replaced."""
        return bool(self._numbers[1])

    def reset(self) -> None:
        """No loop runs."""
        self._numbers[0] = self._numbers[1] = 0

    def attend(self, is_hopeless: Callable[[], bool]) -> None:
        """Beat with the running event loop, until it ends; tell whether the process can still do its work."""
        loop = asyncio.get_running_loop()

        def beat() -> None:
            self._numbers[0] += 1
            self._numbers[1] = is_hopeless()
            loop.call_later(BEAT_SECONDS, beat)

        beat()


class Silence:
    """For how long an event loop could have turned and did not, in seconds.

    Silence alone proves nothing: the machine may have slept, the container been frozen, or others had the processor.
    So a look that comes late, which tells that the watcher did not run either, counts for little; and time in which the
    loop's thread was ready and waited for a processor counts for nothing. A process under a debugger is left alone.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._beats = 0
        self._looked_at = 0.0
        self._waited = 0.0

    def look(self, now: float, beats: int, process: int) -> float:
        """To be called about every BEAT_SECONDS; `now` is of a clock that never goes back."""
        gap = min(now - self._looked_at, _LATEST_LOOK * BEAT_SECONDS)
        self._looked_at = now
        if beats != self._beats or not beats:
            self._beats = beats
            self.seconds = 0.0
            return 0.0
        waited = _seconds_without_processor(process)
        if self.seconds and not _is_traced(process):
            self.seconds += max(0.0, gap - max(0.0, waited - self._waited))
        elif not self.seconds:
            self.seconds = gap / 2  # on average, since the last beat
        self._waited = waited
        return self.seconds


def _seconds_without_processor(process: int) -> float:
    """How long a process's main thread has been ready to run and did not; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) * _NANO
    return 0.0


def _is_traced(process: int) -> bool:
    """Whether a debugger has stopped it."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == _TRACED
    return False
