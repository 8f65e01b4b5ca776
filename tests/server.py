"""A real server process on a free port."""

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

_LISTENING = re.compile(r"(http://[^'\"]+)")


@dataclass
class Server:
    """The process, its address and what it has logged so far."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def log(self) -> str:
        return "".join(self.lines)


@contextmanager
def running_server(models: Path, *options: str, wait: bool = True, seconds: float = 120.0) -> Iterator[Server]:
    """`slipway serve` on a free port; ready when the block begins unless `wait` is off, stopped when it ends."""
    command = [
        sys.executable,
        "-m",
        "slipway_ml",
        "serve",
        "--models",
        str(models),
        "--port",
        "0",
        "--drain-seconds",
        "0",
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    server = Server(process)
    reader = Thread(target=_read, args=(server,), daemon=True)
    reader.start()
    try:
        _wait_for_url(server, seconds)
        if wait:
            _wait_until_ready(server, seconds)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=seconds)
        reader.join()
        assert process.stdout
        process.stdout.close()


def _read(server: Server) -> None:
    assert server.process.stdout
    for line in server.process.stdout:
        server.lines.append(line)
        match = _LISTENING.search(line)
        if match:
            server.url = match[1]


def _wait_for_url(server: Server, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not server.url:
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start: {server.log()}")
        time.sleep(0.02)


def _wait_until_ready(server: Server, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.url}/health/ready", timeout=60):
                return
        except urllib.error.URLError:
            time.sleep(0.02)
    raise RuntimeError(f"the server did not become ready: {server.log()}")
