"""The choice of provider and threads, with its reason."""

import os
from pathlib import Path

import pytest

from app.errors import UsageError
from app.runtime.providers import CPU_PROVIDER, CUDA_PROVIDER, Device, choose_execution, usable_cpus

CPU_ONLY = ["AzureExecutionProvider", CPU_PROVIDER]
WITH_CUDA = ["TensorrtExecutionProvider", CUDA_PROVIDER, CPU_PROVIDER]
ON_CPU, ON_CUDA = (CPU_PROVIDER,), (CUDA_PROVIDER, CPU_PROVIDER)

CHOICES: list[tuple[Device, list[str], tuple[str, ...], str]] = [
    ("auto", CPU_ONLY, ON_CPU, "CPU with 2 thread(s) per run: no CUDA provider in this onnxruntime"),
    ("auto", WITH_CUDA, ON_CUDA, "CUDA, CPU with 2 thread(s) for what CUDA cannot run"),
    ("cpu", CPU_ONLY, ON_CPU, "CPU with 2 thread(s) per run: as asked"),
    ("cpu", WITH_CUDA, ON_CPU, "CPU with 2 thread(s) per run: as asked"),
    ("cuda", WITH_CUDA, ON_CUDA, "CUDA, CPU with 2 thread(s) for what CUDA cannot run"),
]


@pytest.mark.parametrize(("device", "available", "providers", "reason"), CHOICES)
def test_provider_is_chosen_with_a_reason(
    device: Device, available: list[str], providers: tuple[str, ...], reason: str
) -> None:
    execution = choose_execution(device, 2, available)

    assert (execution.providers, execution.threads, execution.reason) == (providers, 2, reason)


def test_cuda_that_is_missing_is_an_error_and_no_silent_fallback() -> None:
    with pytest.raises(UsageError, match=r"device 'cuda' was asked for, .*; install slipway\[gpu\]"):
        choose_execution("cuda", 1, CPU_ONLY)


def test_0_threads_are_as_many_as_the_process_may_use() -> None:
    assert choose_execution("cpu", 0, CPU_ONLY).threads == usable_cpus()


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
