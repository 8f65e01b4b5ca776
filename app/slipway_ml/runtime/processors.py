"""How many processors this process may use: the machine's, less what affinity and the container's quota take away."""

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def usable_cpus(cgroup: Path = _CGROUP) -> int:
    """Processors this process may use: its affinity, cut down to the container's CPU quota. At least 1."""
    affinity = len(os.sched_getaffinity(0))
    return max(1, min(affinity, math.ceil(cpu_quota(cgroup) or affinity)))


def cpu_quota(cgroup: Path = _CGROUP) -> float | None:
    """Processors that the container may use at a time, of version 2 or version 1; None where there is no limit."""
    for read in (_version_2, _version_1):
        try:
            return read(cgroup)
        except (OSError, ValueError, ZeroDivisionError):
            continue
    return None


def _version_2(cgroup: Path) -> float | None:
    quota, period = (cgroup / "cpu.max").read_text().split()
    return None if quota == "max" else int(quota) / int(period)


def _version_1(cgroup: Path) -> float | None:
    quota = int((cgroup / "cpu" / "cpu.cfs_quota_us").read_text())
    period = int((cgroup / "cpu" / "cpu.cfs_period_us").read_text())
    return None if quota < 0 else quota / period
