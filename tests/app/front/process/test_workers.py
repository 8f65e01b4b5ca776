"""Several workers on one address: real processes, killed and stopped for real."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.factories import publish
from tests.server import Server, running_server
from tests.waiting import LIMIT

ROW = {"instances": [[1, 2, 3]]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    publish(tmp_path)
    with running_server(tmp_path, "--workers", "2") as server:
        yield server


def workers(server: Server) -> list[int]:
    return sorted(child.pid for child in psutil.Process(server.process.pid).children())


def ask(server: Server) -> int:
    """One request on a connection of its own."""
    return httpx.post(f"{server.url}/predict/sum", json=ROW, timeout=LIMIT).status_code


def counted(server: Server) -> float:
    """Predictions that `/metrics` knows of, over all workers."""
    text = httpx.get(f"{server.url}/metrics", timeout=LIMIT).text
    found = re.search(
        r'http_requests_total\{handler="/predict/\{model_name\}",method="POST",status="2xx"\} (\S+)', text
    )
    return float(found[1]) if found else 0.0


def until_two_workers(server: Server, without: int) -> float:
    started = time.monotonic()
    while len(found := workers(server)) < 2 or without in found:
        assert time.monotonic() - started < 60
        time.sleep(0.01)
    return time.monotonic() - started


def test_connections_are_spread_and_metrics_are_true_over_all_workers(server: Server) -> None:
    statuses = {ask(server) for _ in range(40)}

    assert len(workers(server)) == 2
    assert statuses == {200}
    assert {counted(server) for _ in range(6)} == {40.0}


def test_killed_worker_is_replaced_and_no_new_connection_fails(server: Server) -> None:
    victim = workers(server)[0]

    os.kill(victim, signal.SIGKILL)
    statuses = {ask(server) for _ in range(40)}
    until_two_workers(server, victim)

    assert statuses == {200}
    assert "a worker died and is replaced" in server.log()


def test_what_a_dead_worker_counted_stays_counted(server: Server) -> None:
    for _ in range(20):
        ask(server)
    before = counted(server)
    victim = workers(server)[0]

    os.kill(victim, signal.SIGKILL)
    until_two_workers(server, victim)

    assert (before, counted(server)) == (20.0, 20.0)


def test_series_do_not_grow_with_dead_workers(server: Server) -> None:
    before = len(httpx.get(f"{server.url}/metrics", timeout=LIMIT).text.splitlines())
    for _ in range(5):
        victim = workers(server)[0]
        os.kill(victim, signal.SIGKILL)
        until_two_workers(server, victim)
        ask(server)

    assert len(httpx.get(f"{server.url}/metrics", timeout=LIMIT).text.splitlines()) <= before + 20


def test_sigterm_ends_all_of_them_with_0(server: Server) -> None:
    children = workers(server)

    server.process.terminate()
    code = server.process.wait(timeout=60)

    assert code == 0
    assert not any(psutil.pid_exists(child) for child in children)


def test_workers_end_when_their_supervisor_is_killed(server: Server) -> None:
    children = workers(server)

    server.process.kill()
    gone, alive = psutil.wait_procs([psutil.Process(child) for child in children], timeout=60)

    assert (len(gone), alive) == (2, [])


def test_address_in_use_is_refused_before_any_worker_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with (
            pytest.raises(RuntimeError, match="another program listens there"),
            running_server(tmp_path, "--workers", "2", "--port", port),
        ):
            pass
