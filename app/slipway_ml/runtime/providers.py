"""Which execution provider and how many threads a session gets, and why.

"auto" takes CUDA where this onnxruntime offers it and the CPU otherwise; a provider asked for by name and missing is an
error, because onnxruntime alone would fall back to the CPU without a word. A run uses one thread unless told otherwise:
the small batches of online serving finish sooner alone, and several models do not fight for the cores.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway_ml.contract.model_options import Provider
from slipway_ml.errors import UsageError
from slipway_ml.runtime.processors import usable_cpus

CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"
_SUFFIX = "ExecutionProvider"

PROVIDERS: dict[str, str] = {
    "cpu": CPU_PROVIDER,
    "cuda": CUDA_PROVIDER,
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
GPU_PROVIDERS = frozenset({CUDA_PROVIDER, PROVIDERS["tensorrt"]})
"""Those that run on a GPU and nowhere else; OpenVINO may, and says so in its own options."""

_INSTALL = {"cuda": "install slipway-ml[gpu]", "tensorrt": "install slipway-ml[gpu] and TensorRT"}
_BUILD = "install an onnxruntime that has it"


@dataclass(frozen=True, slots=True)
class Execution:
    """Providers in order of preference, threads per run, and the reason in words.

    `options` are for the first provider. `is_demanded` says that a session without that one must not be used. `binds`
    says whether runs bind their inputs and outputs; None leaves it to whether a GPU takes part.
    """

    providers: tuple[str, ...]
    threads: int
    reason: str
    options: Mapping[str, str] = field(default_factory=dict)
    is_demanded: bool = False
    require_gpu: bool = False
    binds: bool | None = None


def choose_execution(
    provider: Provider,
    threads: int,
    available: list[str],
    *,
    options: Mapping[str, str] | None = None,
    require_gpu: bool = False,
) -> Execution:
    """Choose from the providers that are available; `threads` 0 means as many as the container may use.

    Raises UsageError when a provider or a GPU is demanded and this onnxruntime has none.
    """
    count = threads or usable_cpus()
    options = dict(options or {})
    if provider not in {"auto", "cpu"} and PROVIDERS[provider] not in available:
        raise UsageError(
            f"{provider!r} was requested, but this onnxruntime has no such provider; {_INSTALL.get(provider, _BUILD)}"
        )
    if require_gpu and not GPU_PROVIDERS.intersection(available):
        raise UsageError(f"a GPU is required, but this onnxruntime can use none; {_INSTALL['cuda']}")
    if provider == "cpu" or (provider == "auto" and CUDA_PROVIDER not in available):
        why = "as asked" if provider == "cpu" else "no CUDA provider in this onnxruntime"
        reason = f"CPU with {count} thread(s) per run: {why}"
        return Execution((CPU_PROVIDER,), count, reason, options, require_gpu=require_gpu)
    chosen = CUDA_PROVIDER if provider == "auto" else PROVIDERS[provider]
    # What TensorRT leaves over runs on the same GPU before it runs on the CPU.
    between = (CUDA_PROVIDER,) if chosen == PROVIDERS["tensorrt"] and CUDA_PROVIDER in available else ()
    reason = f"{short(chosen)}, CPU with {count} thread(s) for what {short(chosen)} cannot run"
    return Execution(
        (chosen, *between, CPU_PROVIDER),
        count,
        reason,
        options,
        is_demanded=provider != "auto",
        require_gpu=require_gpu,
    )


def short(provider: str) -> str:
    """The name of a provider as people say it: CPU, CUDA, Tensorrt, OpenVINO."""
    return provider.removesuffix(_SUFFIX)
