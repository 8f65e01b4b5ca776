"""Which execution provider and how many threads a session gets, and why.

"auto" takes CUDA where this onnxruntime offers it and the CPU otherwise; a provider asked for by name and missing is an
error, because onnxruntime alone would fall back to the CPU without a word. A run uses one thread unless told otherwise:
the small batches of online serving finish sooner alone, and several models do not fight for the cores.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.errors import UsageError

Device = Literal["auto", "cpu", "cuda"]

CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"


@dataclass(frozen=True, slots=True)
class Execution:
    """Providers in order of preference, threads per run, and the reason in words."""

    providers: tuple[str, ...]
    threads: int
    reason: str


def choose_execution(device: Device, threads: int, available: list[str]) -> Execution:
    """Choose from the providers that are available; `threads` 0 means as many as the container may use.

    Raises UsageError when CUDA is demanded and this onnxruntime has none.
    """
    count = threads or usable_cpus()
    has_cuda = CUDA_PROVIDER in available
    if device == "cuda" and not has_cuda:
        raise UsageError("device 'cuda' was asked for, but this onnxruntime has no CUDA provider; install slipway[gpu]")
    if device == "cpu" or not has_cuda:
        why = "as asked" if device == "cpu" else "no CUDA provider in this onnxruntime"
        return Execution((CPU_PROVIDER,), count, f"CPU with {count} thread(s) per run: {why}")
    return Execution((CUDA_PROVIDER, CPU_PROVIDER), count, f"CUDA, CPU with {count} thread(s) for what CUDA cannot run")


def usable_cpus(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Processors this process may use: its affinity, cut down to the container's CPU quota. At least 1."""
    affinity = len(os.sched_getaffinity(0))
    return max(1, min(affinity, math.ceil(_cgroup_quota(cgroup) or affinity)))


def _cgroup_quota(cgroup: Path) -> float | None:
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
