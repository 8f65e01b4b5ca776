"""What starting costs: memory and time of the service against a process that only imports what it is built on."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from loadtests import service
from loadtests.bench.process_tree import Memory, memory
from loadtests.errors import CannotRun

# onnxruntime reports home unless it is told not to, also when it is only imported.
_IMPORTS_ONLY = """
import os, sys
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import fastapi, uvicorn, onnxruntime
print("imported", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Startup:
    """Medians of seconds, and memory when ready, with everything in the folder loaded."""

    ready_seconds: float
    import_seconds: float
    service: Memory
    imports: Memory

    @property
    def ready_ratio(self) -> float:
        """Time to ready over the time of the imports alone."""
        return self.ready_seconds / self.import_seconds

    @property
    def private_mib_over_imports(self) -> float:
        """Private memory beyond that of the imports alone."""
        return self.service.private_mib - self.imports.private_mib


def measure_startup(command: Sequence[str], pin: Sequence[str], runs: int) -> Startup:
    """Start both `runs` times in turn; memory is read while both are up, so that neither is charged shared pages."""
    ready, imported = [], []
    for _ in range(runs):
        with _imports_only(pin) as (process, seconds), service.running([*pin, *command]) as server:
            imported.append(seconds)
            ready.append(server.ready_after)
            of_service, of_imports = memory(server.process.pid), memory(process.pid)
    return Startup(median(ready), median(imported), of_service, of_imports)


@contextmanager
def _imports_only(pin: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    started = time.perf_counter()
    command = [*pin, sys.executable, "-c", _IMPORTS_ONLY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - asked for a pipe
        if process.stdout.readline() != b"imported\n":
            raise CannotRun("this Python cannot import fastapi, uvicorn and onnxruntime; install 'slipway[cpu]'")
        yield process, time.perf_counter() - started
