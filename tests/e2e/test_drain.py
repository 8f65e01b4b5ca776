"""Stopping under load, with stock uvicorn as the negative control."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.hammer import BODY, Tally, finish, hammer
from tests.factories import looping_graph, matrix_signature, publish
from tests.server import Server, running_server

CLIENTS = 16
DRAIN_SECONDS = 1.0
TWO_SECONDS = 1_600_000.0
"""Steps of the looping graph; about that long here."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    publish(tmp_path)
    signature = matrix_signature(1)
    slow = signature.model_copy(update={"features": (signature.features[0].model_copy(update={"example": 10_000.0}),)})
    publish(tmp_path, "slow", slow, looping_graph(slow))
    with running_server(tmp_path, "--drain-seconds", str(DRAIN_SECONDS)) as server:
        yield server


def stop_under_load(server: Server, *, stubborn: bool) -> tuple[Tally, int, float]:
    clients, stop = hammer(server.url, "/predict/sum", CLIENTS, stubborn=stubborn)
    started = time.monotonic()
    server.process.terminate()
    code = server.process.wait(timeout=20)
    return finish(clients, stop), code, time.monotonic() - started


def test_clients_that_listen_lose_nothing(server: Server) -> None:
    tally, code, seconds = stop_under_load(server, stubborn=False)

    assert tally.answered > CLIENTS
    assert tally.lost == []
    assert code == 0
    assert seconds <= DRAIN_SECONDS + 2


def test_stubborn_clients_that_reconnect_lose_next_to_nothing(server: Server) -> None:
    tally, code, _ = stop_under_load(server, stubborn=True)

    assert len(tally.lost) <= 2
    assert "IncompleteRead" not in tally.lost
    assert code == 0


def test_readiness_goes_off_at_once_while_requests_are_still_answered(server: Server) -> None:
    server.process.terminate()
    time.sleep(0.3)
    ready = httpx.get(f"{server.url}/health/ready")
    answer = httpx.post(f"{server.url}/predict/sum", json={"instances": [[1, 2, 3]]})

    assert (ready.status_code, ready.json()["error"]) == (503, "the server is stopping")
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


def test_request_under_way_is_finished(server: Server) -> None:
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(httpx.post, f"{server.url}/predict/slow", json={"instances": [[TWO_SECONDS]]}, timeout=30)
        time.sleep(0.3)
        server.process.terminate()
        code = server.process.wait(timeout=30)

    assert slow.result().json()["predictions"] == [{"value": TWO_SECONDS}]
    assert code == 0


def test_second_signal_ends_it_now(server: Server) -> None:
    server.process.terminate()
    time.sleep(0.2)
    started = time.monotonic()
    os.kill(server.process.pid, signal.SIGTERM)
    server.process.wait(timeout=5)

    assert time.monotonic() - started < 0.5


def test_kept_connections_are_served_once_more_and_told_to_close(server: Server) -> None:
    assert asked_again_after_sigterm(server.process, server.url, "/predict/sum") == CLIENTS


def test_stock_uvicorn_drops_every_kept_connection() -> None:
    """Negative control: the same clients see the losses where nothing is done against them."""
    with stock_uvicorn() as (process, url):
        assert asked_again_after_sigterm(process, url, "/") == 0


def asked_again_after_sigterm(process: subprocess.Popen[str], url: str, path: str) -> int:
    """How many of the clients that wait on a kept connection get an answer just after the server was told to stop."""
    parts = urlsplit(url)
    with ExitStack() as stack:
        kept = [http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5) for _ in range(CLIENTS)]
        for connection in kept:
            stack.callback(connection.close)
            ask(connection, path)
        process.terminate()
        time.sleep(0.4)
        return sum(answers(connection, path) for connection in kept)


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
    command = [sys.executable, "-m", "uvicorn", "loadtests.bare_app:app", "--port", "0", "--no-access-log"]
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
