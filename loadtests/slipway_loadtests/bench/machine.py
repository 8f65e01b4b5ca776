"""The machine a figure belongs to, and which of its cores the server and the load generator get."""

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway_loadtests.errors import CannotRun

_AHEAD = "-20"


@dataclass(frozen=True, slots=True)
class Machine:
    """Printed with every result: a figure without its machine says little."""

    processor: str
    cores: int
    python: str
    load_before: float

    def __str__(self) -> str:
        return f"{self.processor}, {self.cores} cores, Python {self.python}, load {self.load_before:.2f} before"


def this_machine() -> Machine:
    """The machine this runs on, as busy as it is now."""
    return Machine(_processor(), len(os.sched_getaffinity(0)), platform.python_version(), os.getloadavg()[0])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def two_cores() -> tuple[int, int]:
    """A core for the server and one for the load generator; raises CannotRun where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        raise CannotRun("one core cannot hold both a server and its load generator apart; two are needed")
    return cores[0], cores[1]


@contextmanager
def raise_priority(group: Path = Path("/proc/self/autogroup")) -> Iterator[bool]:
    """Let what is started meanwhile run before whatever else the machine does, where we may; whether it does.

    Linux weighs sessions against each other first (autogroups), so a nice value counts within its session alone. Both
    the service and the load generator are in ours, on a core each.
    """
    try:
        before = re.search(r"nice (-?\d+)", group.read_text())
        group.write_text(_AHEAD)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        group.write_text(before[1] if before else "0")
