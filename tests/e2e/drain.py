"""Stopping a server while clients call it, and what they see of it; stock uvicorn for comparison."""

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.e2e.hammer import BODY, Tally, finish, hammer
from tests.server import Server
from tests.waiting import until

CLIENTS = 16
DRAIN_SECONDS = 1.0


def stop_under_load(server: Server, *, stubborn: bool) -> tuple[Tally, int, float]:
    clients, stop = hammer(server.url, "/predict/sum", CLIENTS, stubborn=stubborn)
    started = time.monotonic()
    server.process.terminate()
    code = server.process.wait(timeout=60)
    return finish(clients, stop), code, time.monotonic() - started


def asked_again_after_sigterm(process: subprocess.Popen[str], url: str, path: str) -> int:
    """How many of the clients that wait on a kept connection get an answer just after the server was told to stop."""
    parts = urlsplit(url)
    with ExitStack() as stack:
        kept = [http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60) for _ in range(CLIENTS)]
        for connection in kept:
            stack.callback(connection.close)
            ask(connection, path)
        process.terminate()
        until(lambda: is_stopping(url))
        return sum(answers(connection, path) for connection in kept)


def is_stopping(url: str) -> bool:
    """Whether the server says that it is not ready, or does not listen any more."""
    try:
        return httpx.get(f"{url}/health/ready", timeout=60).status_code == 503
    except httpx.TransportError:
        return True


def is_under_way(url: str) -> bool:
    """Whether a request is with the server that asks for something else than its metrics."""
    metrics = httpx.get(f"{url}/metrics", timeout=60).text
    return any(float(value) > 0 for value in re.findall(r"^slipway_in_flight(?:{.*})? (\S+)$", metrics, re.MULTILINE))


def ask(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("POST", path, BODY)
    with connection.getresponse() as answer:
        answer.read()
        return answer.status


def answers(connection: http.client.HTTPConnection, path: str) -> bool:
    connection.auto_open = 0  # a client that reconnects by itself would hide the loss
    try:
        return ask(connection, path) == 200
    except (OSError, http.client.HTTPException):
        return False


@contextmanager
def stock_uvicorn() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "uvicorn", "slipway_loadtests.bare_app:app", "--port", "0", "--no-access-log"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stderr
    try:
        for line in process.stderr:
            match = re.search(r"running on (http://\S+)", line)
            if match:
                yield process, match[1]
                break
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
