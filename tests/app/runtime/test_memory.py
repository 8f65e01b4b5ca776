"""What the kernel says about this process's memory, from files as it writes them and from the real ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway_ml.runtime.memory import bound_free_memory, memory_limit, resident_bytes, return_free_memory

MIB = 1024 * 1024
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}


def group(root: Path, name: str, limit: str, version: int = 2) -> None:
    folder = root / ("memory" if version == 1 else "") / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("memory.max" if version == 2 else "memory.limit_in_bytes")).write_text(f"{limit}\n")


@pytest.mark.parametrize(
    ("groups", "own", "expected"),
    [
        ([("", "536870912", 2)], "0::/\n", 512 * MIB),
        ([("", "max", 2)], "0::/\n", None),
        ([("a/b", "1048576", 2), ("a", "max", 2)], "0::/a/b\n", MIB),
        ([("a/b", "max", 2), ("a", "1048576", 2)], "0::/a/b\n", MIB),
        ([("a/b", "2097152", 2), ("a", "1048576", 2)], "0::/a/b\n", MIB),
        ([("", "1048576", 1)], "3:memory:/docker/f00\n", MIB),
        ([("pod/f00", "1048576", 1), ("", "9223372036854771712", 1)], "3:cpu,memory:/pod/f00\n0::/\n", MIB),
        ([("", "9223372036854771712", 1)], "3:memory:/\n", None),
        ([("other", "1048576", 2)], "0::/a\n", None),
        ([], "", None),
    ],
    ids=["v2", "v2 none", "own", "above", "both", "v1 in a container", "v1", "v1 none", "another's", "no cgroup"],
)
def test_smallest_limit_on_the_own_group_and_those_above_counts(
    tmp_path: Path, groups: list[tuple[str, str, int]], own: str, expected: int | None
) -> None:
    for name, limit, version in groups:
        group(tmp_path / "fs", name, limit, version)
    (tmp_path / "own").write_text(own)

    assert memory_limit(tmp_path / "fs", tmp_path / "own") == expected


def test_missing_files_mean_no_limit(tmp_path: Path) -> None:
    assert memory_limit(tmp_path, tmp_path / "none") is None


FREED = """
from threading import Thread
from slipway_ml.runtime.memory import bound_free_memory, resident_bytes
print(bound_free_memory())
def fill():
    bytes(24 * 2**20)  # freed at once, which by default makes the C library keep blocks of this size
    kept.extend(part for _ in range(24) for part in (b"x" * (4 * 2**20), b"y" * 4000))
kept = []
before = resident_bytes()
for _ in range(2):
    thread = Thread(target=fill)
    thread.start()
    thread.join()
del kept[::2]
print((resident_bytes() - before) // 2**20)
"""


def test_large_blocks_that_are_freed_are_given_back_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True, env=PLAIN)

    was_told, grown = ended.stdout.split()
    assert was_told == "True"
    assert int(grown) < 16


def test_settings_of_the_environment_for_the_c_library_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")

    assert not bound_free_memory()


def test_this_process_takes_memory_and_can_give_free_memory_back() -> None:
    return_free_memory()

    assert resident_bytes() > MIB
