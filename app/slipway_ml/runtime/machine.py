"""What this machine offers to models: processors and what they can do, memory, and the devices of onnxruntime."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from slipway_ml.runtime.memory import memory_limit
from slipway_ml.runtime.processors import cpu_quota, usable_cpus
from slipway_ml.runtime.providers import short
from slipway_ml.runtime.session import available_providers, devices, runtime_version

_VECTORS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "asimd", "asimddp", "sve")


@dataclass(frozen=True, slots=True)
class Machine:
    """`quota` and `memory_limit` (bytes) are the container's; None where it sets none."""

    processor: str
    instructions: tuple[str, ...]
    processors: int
    affinity: int
    quota: float | None
    usable: int
    memory_limit: int | None
    onnxruntime: str
    providers: tuple[str, ...]
    devices: tuple[str, ...]


def this_machine(cpuinfo: Path = Path("/proc/cpuinfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> Machine:
    """The machine this runs on, as the container it runs in lets it be seen."""
    facts = _facts(cpuinfo)
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    return Machine(
        processor=facts.get("model name") or platform.machine(),
        instructions=tuple(name for name in _VECTORS if name in flags),
        processors=os.cpu_count() or 1,
        affinity=len(os.sched_getaffinity(0)),
        quota=cpu_quota(cgroup),
        usable=usable_cpus(cgroup),
        memory_limit=memory_limit(cgroup),
        onnxruntime=runtime_version(),
        providers=tuple(map(short, available_providers())),
        devices=devices(),
    )


def _facts(cpuinfo: Path) -> dict[str, str]:
    """The first processor's lines."""
    try:
        first = cpuinfo.read_text(encoding="utf-8").partition("\n\n")[0]
    except OSError:
        return {}
    pairs = [line.partition(":") for line in first.splitlines()]
    return {name.strip(): value.strip() for name, _, value in pairs}
