"""The heartbeat of an event loop, in memory that its process shares with its supervisor, and how silence is judged.

The loop adds one to a number several times a second. Whoever watches looks as often whether the number has changed: a
thread of the same process, and the supervisor from outside, which also sees a process that is stopped or whose threads
all wait for one that never lets go.
"""

import asyncio
import mmap
from collections.abc import Callable
from pathlib import Path

BEAT_SECONDS = 0.25  # far less than any time after which a process counts as hung, and 4 wake-ups a second cost nothing
_LATEST_LOOK = 2.0
"""A look that comes later than this many beats counts as one after this many."""
_NUMBERS = 2  # for each worker, of
_BYTES = 8
_NANO = 1e-9
_READY, _TRACED = "R", "t"
"""States of a process: running or waiting for a processor, and stopped by a debugger."""
_PROOF_SECONDS = 0.25
"""So long with a processor, or not wanting one, without a turn: far longer than any step of the loop takes."""


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
    """For how long an event loop has not turned though it could have, in seconds.

    Silence alone proves nothing: the machine may have slept, the container been frozen, or others had the processor.
    So a look that comes late, which tells that the watcher did not run either, counts for little. And a loop that is
    ready to run and gets no processor is not silent: one that is well turns with the first millisecond that it gets,
    one that hangs uses whatever it gets. A process that a debugger has stopped is left alone.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._given = 0.0
        """Seconds of these in which the loop's thread had a processor, or did not want one."""
        self._beats = 0
        self._looked_at = 0.0
        self._ran = 0.0

    def look(self, now: float, beats: int, process: int) -> float:
        """To be called about every BEAT_SECONDS; `now` is of a clock that never goes back."""
        gap = min(now - self._looked_at, _LATEST_LOOK * BEAT_SECONDS)
        self._looked_at = now
        if beats != self._beats or not beats:
            self._beats = beats
            self.seconds = self._given = 0.0
            return 0.0
        ran, state = _activity(process)
        if state != _TRACED:
            if self.seconds:
                self._given += ran - self._ran if state == _READY else gap
            self.seconds += gap
        self._ran = ran
        return self.seconds if self._given >= _PROOF_SECONDS else 0.0


def _activity(process: int) -> tuple[float, str]:
    """Seconds of processor that its main thread has had, and its state; an unknown state where nobody tells."""
    folder = Path(f"/proc/{process}")
    try:
        state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        return int((folder / "schedstat").read_text().split()[0]) * _NANO, state
    except (OSError, ValueError, IndexError):
        return 0.0, ""
