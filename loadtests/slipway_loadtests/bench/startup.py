"""What starting costs: time and memory of the service against a process that only imports what it is built on.

Both find byte code, as they do in an image, and start in turn on the same core. Processor time is what a busy machine
distorts least. Memory is read after `/metrics` was, which needs everything that a server loads after it is ready.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from slipway_loadtests import service
from slipway_loadtests.bench.process_tree import Memory, cpu_seconds, memory
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import OK, call

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
    """Medians, with everything in the folder loaded; `answered_seconds` is when the first request had its response."""

    ready_seconds: float
    ready_cpu_seconds: float
    response_seconds: float
    import_seconds: float
    import_cpu_seconds: float
    service: Memory
    imports: Memory

    @property
    def ready_ratio(self) -> float:
        """Time to ready over the time of the imports alone."""
        return self.ready_seconds / self.import_seconds

    @property
    def ready_cpu_ratio(self) -> float:
        """The same of processor time."""
        return self.ready_cpu_seconds / self.import_cpu_seconds

    @property
    def private_mib_over_imports(self) -> float:
        """Private memory beyond that of the imports alone."""
        return self.service.private_mib - self.imports.private_mib


def measure_startup(
    command: Sequence[str], pin: Sequence[str], runs: int, ask: Callable[[str], None] = lambda _url: None
) -> Startup:
    """Start both `runs` times in turn; `ask` sends a first request to the server at an address.

    Memory is read while both are up, so that neither is charged shared pages.
    """
    times: list[tuple[float, float, float, float, float]] = []
    with _byte_code():
        for number in range(runs + 1):
            with _imports_only(pin) as (process, imported), service.running([*pin, *command]) as server:
                cpu, import_cpu = cpu_seconds(server.process.pid), cpu_seconds(process.pid)
                began = time.perf_counter()
                ask(server.url)
                answered = server.ready_after + time.perf_counter() - began
                if number:  # the first start of both writes the byte code
                    times.append((server.ready_after, cpu, answered, imported, import_cpu))
                _wait_for_metrics(server.url)
                of_service, of_imports = memory(server.process.pid), memory(process.pid)
    ready, ready_cpu, to_answer, bare, bare_cpu = map(median, zip(*times, strict=True))
    return Startup(ready, ready_cpu, to_answer, bare, bare_cpu, of_service, of_imports)


@contextmanager
def _byte_code() -> Iterator[None]:
    """Let processes that are started write and find it, whatever this environment says."""
    before = {name: os.environ.pop(name, None) for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        try:
            yield
        finally:
            del os.environ["PYTHONPYCACHEPREFIX"]
            os.environ.update({name: value for name, value in before.items() if value is not None})


def _wait_for_metrics(url: str) -> None:
    status, body = call(f"{url}/metrics")
    if status != OK:
        raise CannotRun(f"GET {url}/metrics returned {status or body.decode()}")


@contextmanager
def _imports_only(pin: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    started = time.perf_counter()
    command = [*pin, sys.executable, "-c", _IMPORTS_ONLY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - asked for a pipe
        if process.stdout.readline() != b"imported\n":
            raise CannotRun("this Python cannot import fastapi, uvicorn and onnxruntime; install 'slipway-ml[cpu]'")
        yield process, time.perf_counter() - started
