"""What a server costs, whatever processes it is made of: CPU time and memory of a process and its descendants.

Read from /proc. Private memory (USS) is what would come back if the processes ended: pages nobody else maps. PSS adds
their fair share of the pages that others map too. Both depend on who else runs, so two servers are compared while both
are up.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_KIB_PER_MIB = 1024

# Fields of /proc/PID/stat counted from the state, the first after the command's name.
_PARENT = 1
_TIMES = slice(11, 15)  # user, system, and both for children that have ended


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a process tree in MiB."""

    private_mib: float
    pss_mib: float


def cpu_seconds(root: int) -> float:
    """User and system time so far of `root` and its descendants."""
    return sum(sum(map(int, fields[_TIMES])) for fields in _tree(root).values()) / _TICKS


def memory(root: int) -> Memory:
    """Memory now of `root` and its descendants."""
    private = pss = 0
    for process in _tree(root):
        for line in (_PROC / str(process) / "smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "Pss":
                pss += int(rest.split()[0])
            elif name in {"Private_Clean", "Private_Dirty"}:
                private += int(rest.split()[0])
    return Memory(private / _KIB_PER_MIB, pss / _KIB_PER_MIB)


def _tree(root: int) -> dict[int, list[str]]:
    every = {process: fields for process in _processes() if (fields := _stat(process))}
    found, waiting = {}, [root]
    while waiting:
        process = waiting.pop()
        if process in every:
            found[process] = every[process]
            waiting += [child for child, fields in every.items() if int(fields[_PARENT]) == process]
    return found


def _processes() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _stat(process: int) -> list[str]:
    try:
        text = (_PROC / str(process) / "stat").read_text()
    except OSError:  # it ended while we looked
        return []
    return text.rpartition(")")[2].split()
