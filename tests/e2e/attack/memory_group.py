"""A real memory limit around a server: a control group that the kernel enforces, of version 1 or 2.

Made for one server and removed with it. What is in it when it ends is killed, so that a worker that hangs leaves
nothing behind. Making one takes root and a writable /sys/fs/cgroup.
"""

import os
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slipway_loadtests.errors import CannotRun

_ROOT = Path("/sys/fs/cgroup")
_ENTER = 'echo $$ >"$0" && exec "$@"'
_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """One control group; `limit_bytes` is what all of its processes may have together."""

    folder: Path
    limit_bytes: int

    def command(self, command: Sequence[str]) -> list[str]:
        """A command that starts the given one inside the group."""
        return ["sh", "-c", _ENTER, str(self.folder / "cgroup.procs"), *command]

    def processes(self) -> list[int]:
        """Who is inside now."""
        with suppress(OSError):
            return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]
        return []

    def kills(self) -> int:
        """How many of its processes the kernel has killed because the limit was reached."""
        for name in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                for line in (self.folder / name).read_text().splitlines():
                    key, _, count = line.partition(" ")
                    if key == "oom_kill":
                        return int(count)
        return 0

    def end(self) -> None:
        """Kill whoever is inside and remove the group."""
        until = time.monotonic() + _END_SECONDS
        while (inside := self.processes()) and time.monotonic() < until:
            for process in inside:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.01)
        with suppress(OSError):
            self.folder.rmdir()


@contextmanager
def memory_group(limit_bytes: int, root: Path = _ROOT) -> Iterator[MemoryGroup]:
    """A group with this limit, without swap; raises CannotRun where none can be made."""
    is_second = (root / "cgroup.controllers").exists()
    folder = (root if is_second else root / "memory") / f"slipway-attack-{os.getpid()}-{secrets.token_hex(4)}"
    limits = {"memory.max": limit_bytes, "memory.swap.max": 0} if is_second else {"memory.limit_in_bytes": limit_bytes}
    try:
        if is_second:
            (root / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
    except OSError as error:
        raise CannotRun(
            f"no control group with a memory limit can be made in {folder.parent} ({error.strerror}); "
            "run as root where /sys/fs/cgroup is writable"
        ) from error
    group = MemoryGroup(folder, limit_bytes)
    try:
        for name, value in limits.items():
            with suppress(FileNotFoundError):  # a kernel without swap accounting
                (folder / name).write_text(str(value))
        yield group
    finally:
        group.end()
