"""How much memory a server's processes have, looked at all the time by a thread of our own."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self

_SAMPLE_SECONDS = 0.02
_MIB = 1024 * 1024
_KIB_PER_MIB = 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")


class MemoryWatch:
    """Resident memory in MiB of the processes that `processes` names, at every moment while the block lasts."""

    def __init__(
        self, processes: Callable[[], list[int]], limit_mib: float | None = None, core: int | None = None
    ) -> None:
        """With a limit, whoever passes it is killed: for machines where the kernel cannot be asked to.

        The watch keeps to `core`, where one is given.
        """
        self._processes = processes
        self._limit_mib = limit_mib
        self._core = core
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._highest = 0.0
        self.samples: list[tuple[float, float]] = []
        """Seconds of the monotonic clock, and MiB."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def now(self) -> float:
        """All of them together, now."""
        return sum(_resident(process) for process in self._processes())

    def start_over(self) -> None:
        """Forget the highest so far."""
        self._highest = 0.0
        for process in self._processes():
            with suppress(OSError):
                Path(f"/proc/{process}/clear_refs").write_text("5")

    def peak(self) -> float:
        """The highest since then: the kernel's own record where one process lives still, else the highest sample."""
        marks = [_high_water(process) for process in self._processes()]
        return max(self._highest, *marks) if len(marks) == 1 else self._highest

    def _watch(self) -> None:
        if self._core is not None:
            os.sched_setaffinity(0, {self._core})  # of this thread alone
        while not self._stop.wait(_SAMPLE_SECONDS):
            now = self.now()
            self._highest = max(self._highest, now)
            self.samples.append((time.monotonic(), now))
            if self._limit_mib is not None and now > self._limit_mib:
                self._kill()

    def _kill(self) -> None:
        for process in self._processes():
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)


def _resident(process: int) -> float:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE / _MIB
    return 0.0


def _high_water(process: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / _KIB_PER_MIB
    return 0.0
