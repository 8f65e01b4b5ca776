"""What the kernel says about this process's memory, from files as it writes them and from the real ones."""

from pathlib import Path

import pytest

from slipway_ml.runtime.memory import memory_limit, resident_bytes, return_free_memory

MIB = 1024 * 1024


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


def test_this_process_takes_memory_and_can_give_free_memory_back() -> None:
    return_free_memory()

    assert resident_bytes() > MIB
