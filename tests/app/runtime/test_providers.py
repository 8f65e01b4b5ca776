"""The choice of provider and threads, with its reason."""

import pytest

from slipway_ml.contract.model_options import Provider
from slipway_ml.errors import UsageError
from slipway_ml.runtime.processors import usable_cpus
from slipway_ml.runtime.providers import CPU_PROVIDER, CUDA_PROVIDER, PROVIDERS, choose_execution

CPU_ONLY = ["AzureExecutionProvider", CPU_PROVIDER]
WITH_CUDA = ["TensorrtExecutionProvider", CUDA_PROVIDER, CPU_PROVIDER]
TENSORRT, OPENVINO = PROVIDERS["tensorrt"], PROVIDERS["openvino"]
ON_CPU, ON_CUDA = (CPU_PROVIDER,), (CUDA_PROVIDER, CPU_PROVIDER)

CHOICES: list[tuple[Provider, list[str], tuple[str, ...], str]] = [
    ("auto", CPU_ONLY, ON_CPU, "CPU with 2 thread(s) per run: no CUDA provider in this onnxruntime"),
    ("auto", WITH_CUDA, ON_CUDA, "CUDA, CPU with 2 thread(s) for what CUDA cannot run"),
    ("cpu", CPU_ONLY, ON_CPU, "CPU with 2 thread(s) per run: as asked"),
    ("cpu", WITH_CUDA, ON_CPU, "CPU with 2 thread(s) per run: as asked"),
    ("cuda", WITH_CUDA, ON_CUDA, "CUDA, CPU with 2 thread(s) for what CUDA cannot run"),
    ("tensorrt", WITH_CUDA, (TENSORRT, *ON_CUDA), "Tensorrt, CPU with 2 thread(s) for what Tensorrt cannot run"),
    (
        "openvino",
        [OPENVINO, CPU_PROVIDER],
        (OPENVINO, CPU_PROVIDER),
        "OpenVINO, CPU with 2 thread(s) for what OpenVINO",
    ),
]


@pytest.mark.parametrize(("device", "available", "providers", "reason"), CHOICES)
def test_provider_is_chosen_with_a_reason(
    device: Provider, available: list[str], providers: tuple[str, ...], reason: str
) -> None:
    execution = choose_execution(device, 2, available)

    assert (execution.providers, execution.threads) == (providers, 2)
    assert execution.reason.startswith(reason)


@pytest.mark.parametrize(("provider", "demanded"), [("auto", False), ("cuda", True), ("cpu", False)])
def test_provider_that_was_named_is_demanded(provider: Provider, demanded: bool) -> None:
    assert choose_execution(provider, 1, WITH_CUDA).is_demanded is demanded


def test_gpu_that_is_required_and_not_there_is_an_error() -> None:
    with pytest.raises(UsageError, match="a GPU is required, but this onnxruntime can use none"):
        choose_execution("auto", 1, CPU_ONLY, require_gpu=True)


def test_cuda_that_is_missing_is_an_error_and_no_silent_fallback() -> None:
    with pytest.raises(UsageError, match=r"'cuda' was requested, .*; install slipway-ml\[gpu\]"):
        choose_execution("cuda", 1, CPU_ONLY)


def test_0_threads_are_as_many_as_the_process_may_use() -> None:
    assert choose_execution("cpu", 0, CPU_ONLY).threads == usable_cpus()
