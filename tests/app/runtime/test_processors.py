"""Processors that a process may use, from its affinity and the quota of its container."""

import os
from pathlib import Path

import pytest

from slipway_ml.runtime.processors import cpu_quota, usable_cpus

AFFINITY = len(os.sched_getaffinity(0))
QUOTAS: dict[str, tuple[str, int]] = {
    "no limit": ("max 100000\n", AFFINITY),
    "half a processor": ("50000 100000\n", 1),
    "one processor": ("100000 100000\n", 1),
    "one and a bit": ("100001 100000\n", min(2, AFFINITY)),
    "more than there are": (f"{AFFINITY + 5}00000 100000\n", AFFINITY),
    "another period": ("10000 20000\n", 1),
    "empty": ("", AFFINITY),
    "one word": ("max\n", AFFINITY),
    "three words": ("1 2 3\n", AFFINITY),
    "no numbers": ("a b\n", AFFINITY),
    "no period": ("100000 0\n", AFFINITY),
}


@pytest.mark.parametrize(("text", "cpus"), QUOTAS.values(), ids=QUOTAS.keys())
def test_quota_of_the_container_limits_the_processors(tmp_path: Path, text: str, cpus: int) -> None:
    (tmp_path / "cpu.max").write_text(text)

    assert usable_cpus(tmp_path) == cpus


def test_machine_without_a_quota_is_used_as_the_affinity_allows(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == AFFINITY


@pytest.mark.parametrize(("quota", "cpus"), [("50000", 0.5), ("200000", 2.0), ("-1", None), ("x", None)])
def test_quota_of_version_1_is_read_where_there_is_no_version_2(tmp_path: Path, quota: str, cpus: float | None) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")

    assert cpu_quota(tmp_path) == cpus
