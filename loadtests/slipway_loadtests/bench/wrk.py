"""The load generator: wrk, on a core of its own, posting a file of bodies over a number of connections."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import request_headers

_SCRIPT = Path(__file__).with_name("wrk.lua")
_MARK = "result "
_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Burst:
    """What wrk saw in one measurement; `failed` counts responses other than 2xx and everything that broke."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int


def check_tools() -> None:
    """Raises CannotRun when a program that the benchmark needs is missing."""
    for program, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(program) is None:
            raise CannotRun(f"the program {program!r} is needed; next: apt-get install {package}")


def burst(
    url: str,
    bodies: Path,
    connections: int,
    seconds: int,
    core: int | Sequence[int],
    headers: Mapping[str, str] | None = None,
    *,
    is_numbered: bool = False,
) -> Burst:
    """Post the bodies of a file to `url` for some seconds, with `headers` and the key if there is one.

    The generator stays on `core`, or on one of several. Where requests are numbered, each has an id of its own.
    """
    cores = ",".join(map(str, [core] if isinstance(core, int) else core))
    wrk = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    lines = [f"--header={name}: {value}" for name, value in {**request_headers(), **(headers or {})}.items()]
    command = ["taskset", "--cpu-list", cores, *wrk, *lines, "--script", str(_SCRIPT), url, "--", str(bodies)]
    if is_numbered:
        command.append("numbered")
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + _PATIENCE_SECONDS, check=False)
    for line in done.stdout.splitlines():
        if line.startswith(_MARK):
            return Burst(**json.loads(line.removeprefix(_MARK)))
    raise CannotRun(f"wrk gave no result: {(done.stderr or done.stdout).strip()[-300:]}")
