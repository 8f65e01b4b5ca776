"""The trial of a version that nobody vouches for: it is loaded and predicts its golden rows in a process of its own.

A graph can run for ever, take all memory or crash what loads it, whatever its manifest says. The process of the trial
has limits of time and memory, is the first that the kernel ends where memory is short, and ends with the trial. What
passes is then loaded by the server, on the device that it is meant for; the trial runs it on the processor.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slipway_ml.contract.manifest import MANIFEST_FILE
from slipway_ml.contract.model_options import ModelOptions
from slipway_ml.errors import DamagedVersion, SlipwayError
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.registry.integrity import IntegrityError, check_nothing_else
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_ml.runtime.providers import CPU_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.golden_rows import replay
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import open_servable

MEMORY_BYTES = 1024**3
"""What a version may take beyond a process that has loaded nothing, or six times its files where that is more."""
_SIZES = 6
_MOST_ANSWER_BYTES = 4096
_START_SECONDS = 20.0
"""What starting the process itself may take on a busy machine."""
_FEW_FILES = 64
_NICE = 10
_PASSED = 0
_REFUSED = 3
_IS_LINUX = sys.platform == "linux"


class Trial:
    """Called with a version, raises DamagedVersion where it does not pass; blocks meanwhile."""

    def __init__(self, options: ServingOptions, seconds: float) -> None:
        """`seconds` limit the processor time of a trial, and with the start of the process the time on the clock."""
        self._options = options
        self._seconds = seconds

    def __call__(self, stored: StoredVersion) -> None:
        manifest = stored.manifest
        try:
            check_nothing_else(stored.folder, {MANIFEST_FILE, *manifest.files})
        except IntegrityError as error:
            raise DamagedVersion(manifest.model_name, manifest.model_version, str(error)) from None
        problem = self._problem(stored)
        if problem:
            raise DamagedVersion(manifest.model_name, manifest.model_version, f"trial in its own process: {problem}")

    def _problem(self, stored: StoredVersion) -> str:
        """What is wrong with it in a few words, empty where nothing is."""
        manifest = stored.manifest
        own = self._options.models.get(manifest.model_name, ModelOptions())
        task = {
            "root": str(stored.folder.parents[1]),
            "model": manifest.model_name,
            "version": manifest.model_version,
            "manifest_sha256": stored.manifest_sha256,
            "variant": own.variant,
            "limits": asdict(self._options.limits),
            "seconds": self._seconds,
            "bytes": max(MEMORY_BYTES, _SIZES * sum(file.size for file in manifest.files.values())),
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", __name__],
                input=json.dumps(task).encode(),
                capture_output=True,
                timeout=self._seconds + _START_SECONDS,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return f"it has not ended within {self._seconds:g} s"
        except OSError as error:
            return f"it cannot be started ({os.strerror(error.errno or 0)})"
        if done.returncode == _PASSED:
            return ""
        if done.returncode == _REFUSED:
            return done.stdout[:_MOST_ANSWER_BYTES].decode(errors="replace").strip()
        if done.returncode == -signal.SIGXCPU:
            return f"it has taken more than {self._seconds:g} s of processor time"
        return f"it has ended its process ({_ending(done.returncode)})"


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _try(task: dict[str, Any]) -> str:
    """In the process of the trial: what is wrong with the version, empty where nothing is."""
    model = task["model"]
    options = ServingOptions(
        [CPU_PROVIDER],
        "cpu",
        1,
        QueueLimits(1, 1),
        task["seconds"],
        ContentLimits(**task["limits"]),
        {model: ModelOptions(variant=task["variant"])},
    )
    with ThreadPoolExecutor(1) as executor:
        try:
            stored = Registry(Path(task["root"])).read(model, task["version"], task["manifest_sha256"])
            _limit(task["seconds"], task["bytes"])
            replay(open_servable(stored, options, executor, Metrics()))
        except DamagedVersion as error:
            return error.reason
        except SlipwayError as error:
            return str(error)
        except MemoryError:
            return f"it takes more than {task['bytes']:,} bytes of memory"
    return ""


def _limit(seconds: float, memory: int) -> None:
    """Limits that nothing which runs in this process from now on can lift."""
    if _IS_LINUX:
        own = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (own + memory, own + memory))
    spent = int(sum(os.times()[:2])) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + int(seconds), spent + int(seconds) + 1))
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, _FEW_FILES)):
        resource.setrlimit(limit, (value, value))


def _main() -> int:
    os.nice(_NICE)
    if _IS_LINUX:
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    problem = _try(json.load(sys.stdin))
    sys.stdout.write(problem)
    return _REFUSED if problem else _PASSED


if __name__ == "__main__":
    raise SystemExit(_main())
