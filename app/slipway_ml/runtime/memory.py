"""The memory of this process: what its container allows, what it takes, and giving back what is free.

Limits are read where the kernel keeps them, of cgroups version 2 or 1, of this process's own group and those above it.
"""

import ctypes
import gc
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
_ROLLUP = Path("/proc/self/smaps_rollup")
_STATM = Path("/proc/self/statm")
_UNLIMITED = 2**60
_KIB = 1024
_MIB = 1024 * _KIB

_MALLOC_OPTIONS = {
    -3: _MIB,  # M_MMAP_THRESHOLD: what is larger is mapped for itself, and unmapped when it is freed
    -1: 4 * _MIB,  # M_TRIM_THRESHOLD: so much that is free at the end of the heap is given back at once
    -8: 2,  # M_ARENA_MAX: heaps, of which each thread had one of its own
}
_SET_BY_THE_USER = ("MALLOC_", "GLIBC_TUNABLES")


def memory_limit(cgroup: Path = _CGROUP, own_groups: Path = _OWN_GROUPS) -> int | None:
    """The smallest limit on this process in bytes; None where there is none."""
    limits = [limit for file in _limit_files(cgroup, own_groups) if (limit := _read_limit(file)) is not None]
    return min(limits, default=None)


def resident_bytes() -> int:
    """What this process takes, pages that it shares with others counted in part; 0 where that cannot be told."""
    try:
        for line in _ROLLUP.read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * _KIB
    except (OSError, ValueError):
        pass
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def bound_free_memory() -> bool:
    """Let the C library keep little of what is freed; whether it was told, before there are threads.

    It learns from the first large block that is freed to take such blocks from its heaps, and then keeps up to twice
    the largest one in the heap of every thread. Does nothing where the environment has settings of its own, or where
    the C library knows none.
    """
    if any(name.startswith(_SET_BY_THE_USER) for name in os.environ):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    return all([bool(set_option(name, value)) for name, value in _MALLOC_OPTIONS.items()])  # noqa: C419  # each is told


def return_free_memory() -> None:
    """Give what is free back to the system; takes milliseconds, and mostly lets other threads go on."""
    gc.collect()  # what has failed on its way can lie in cycles, which the collector sees long after
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _limit_files(cgroup: Path, own_groups: Path) -> Iterator[Path]:
    try:
        lines = own_groups.read_text().splitlines()
    except OSError:
        lines = []
    for line in ["0::/", "1:memory:/", *lines]:  # a container's own group is often mounted as the root
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, name = cgroup, "memory.max"
        elif "memory" in controllers.split(","):
            base, name = cgroup / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = base / path.strip("/")
        yield group / name
        for above in group.parents:
            if above == base.parent:
                break
            yield above / name


def _read_limit(file: Path) -> int | None:
    try:
        limit = int(file.read_text())
    except (OSError, ValueError):
        return None
    return limit if limit < _UNLIMITED else None
