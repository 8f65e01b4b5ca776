"""Server processes under test: started on a free port of this machine, waited for, and stopped again.

A server is told to take port 0 and says in its log which port it got; that line is all this module knows of it besides
`/health/ready`. The log goes to a file, so that a server with much to say never waits for a reader.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import OK, call

HOST = "127.0.0.1"

_URL = re.compile(rf"http://{re.escape(HOST)}:\d+")
_READY_SECONDS = 60.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.005
_LAST_LINES = 5


@dataclass(slots=True)
class Server:
    """A server process and where it listens; `ready_after` is seconds from its start to its first good response."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""
    ready_after: float = 0.0


def slipway_command(models: Path) -> list[str]:
    """The command that serves this folder; raises CannotRun when there is nothing in it to serve."""
    if not any(models.glob("*/desired/*.json")):
        raise CannotRun(f"no models in {models}; next: slipway train breast_cancer --models {models}")
    program = Path(sysconfig.get_path("scripts"), "slipway")
    options = ["--host", HOST, "--port", "0", "--docs", "on", "--log-format", "console", "--log-level", "info"]
    return [str(program), "serve", "--models", str(models), *options]


def make_key(folder: Path) -> tuple[Path, str]:
    """A keys file with one key that may predict, and the key."""
    file = folder / "keys.json"
    program = Path(sysconfig.get_path("scripts"), "slipway")
    made = subprocess.run(
        [str(program), "keys", "new", "bench", "--keys", str(file)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise CannotRun(f"no key could be made: {made.stderr.strip()[-300:]}")
    return file, made.stdout.split()[0]


def bare_command() -> list[str]:
    """The command that serves the bare app, as lean as uvicorn goes."""
    options = ["--loop", "uvloop", "--http", "httptools", "--ws", "none", "--lifespan", "off", "--no-access-log"]
    return [sys.executable, "-m", "uvicorn", "slipway_loadtests.bare_app:app", "--host", HOST, "--port", "0", *options]


@contextmanager
def running(command: Sequence[str], ready_path: str = "/health/ready") -> Iterator[Server]:
    """A server, ready when the block begins and stopped when it ends."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        log = Path(folder, "server.log")
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=_environment())
        server = Server(process, log)
        try:
            server.url = _wait_for_url(server, started)
            _wait_until_ready(server, ready_path, started)
            server.ready_after = time.perf_counter() - started
            yield server
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """What this process has, without the keys that a server of the test's own would ask for."""
    inherited = {name: value for name, value in os.environ.items() if name != "SLIPWAY_KEYS"}
    return {**inherited, "ORT_DISABLE_TELEMETRY": "1", "NO_COLOR": "1"}


def _wait_for_url(server: Server, started: float) -> str:
    while True:
        found = _URL.search(server.log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[0]
        _pause(server, started, "it does not say where it listens")


def _wait_until_ready(server: Server, path: str, started: float) -> None:
    while True:
        status, body = call(server.url + path)
        if status == OK:
            return
        _pause(server, started, _reason(body))


def _pause(server: Server, started: float, reason: str) -> None:
    if server.process.poll() is not None:
        lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise CannotRun("\n".join(["the server ended while starting; its last lines:", *lines[-_LAST_LINES:]]))
    if time.perf_counter() - started > _READY_SECONDS:
        raise CannotRun(f"the server was not ready after {_READY_SECONDS:.0f} s: {reason}")
    time.sleep(_POLL_SECONDS)


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
