"""Runs that do not end, on the event loop and beside it: real servers, hung and stopped for real."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from slipway_ml.front.process.watchdog import HUNG
from tests.factories import matrix_signature, publish, slow_signature
from tests.graphs import growing_graph, looping_graph
from tests.server import Server, running_server

GENEROUS_SECONDS = 60.0
ENDLESS = {"instances": [[1e15]]}
HANGING = {"instances": [[1e6, 0, 0]]}
ROW = {"instances": [[1, 2, 3]]}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """One model whose runs stay off the loop and may be endless, one that hangs the loop, and a good one."""
    publish(tmp_path, "loops", slow_signature(1.0), looping_graph(slow_signature(1.0)))
    publish(tmp_path, "grows", matrix_signature(), growing_graph(matrix_signature()))
    publish(tmp_path, "sum")
    return tmp_path


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    with running_server(models, "--deadline-seconds", "1") as server:
        yield server


@pytest.fixture
def two_workers(models: Path) -> Iterator[Server]:
    with running_server(models, "--workers", "2") as server:
        yield server


def ask(server: Server, model: str = "sum", body: object = ROW) -> int:
    """One request on a connection of its own; 0 where it is not answered."""
    with suppress(httpx.TransportError):
        return httpx.post(f"{server.url}/predict/{model}", json=body, timeout=GENEROUS_SECONDS).status_code
    return 0


def status(server: Server, path: str) -> int:
    return httpx.get(f"{server.url}{path}", timeout=GENEROUS_SECONDS).status_code


def metric(server: Server, series: str) -> float:
    text = httpx.get(f"{server.url}/metrics", timeout=GENEROUS_SECONDS).text
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else -1.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(server: Server) -> list[int]:
    return sorted(child.pid for child in psutil.Process(server.process.pid).children())


def test_endless_run_leaves_other_models_health_and_sigterm_alone(server: Server) -> None:
    poisoned = ask(server, "loops", ENDLESS)
    until(lambda: metric(server, 'slipway_stuck_runs{model="loops"}') == 1)

    assert poisoned == 504
    assert (ask(server), ask(server, "loops", {"instances": [[3]]}), status(server, "/health/live")) == (200, 200, 200)
    assert "a run does not end and keeps its slot" in server.log()
    server.process.terminate()
    assert server.process.wait(GENEROUS_SECONDS) == 0


def test_liveness_fails_when_every_slot_has_a_run_that_does_not_end(server: Server) -> None:
    with ThreadPoolExecutor(1) as callers:
        poison = callers.submit(lambda: [ask(server, "loops", ENDLESS) for _ in range((os.cpu_count() or 1) + 4)])
        until(lambda: status(server, "/health/live") == 503)

    assert set(poison.result()) == {504}
    assert status(server, "/health/ready") == 503
    assert ask(server) == 200
    server.process.terminate()
    assert server.process.wait(GENEROUS_SECONDS) == 0


def test_process_whose_event_loop_hangs_says_in_which_model_and_ends(server: Server) -> None:
    assert ask(server, "grows") == 200

    assert ask(server, "grows", HANGING) == 0
    assert server.process.wait(GENEROUS_SECONDS) == HUNG
    until(lambda: "the event loop has hung" in server.log())
    assert re.search("a run of a model does not end.*grows", server.log())


def test_worker_whose_event_loop_hangs_is_replaced(two_workers: Server) -> None:
    before = workers(two_workers)

    assert ask(two_workers, "grows", HANGING) == 0
    until(lambda: len(set(workers(two_workers)) - set(before)) == 1)

    assert {ask(two_workers) for _ in range(20)} == {200}
    assert "a worker hung and is replaced" in two_workers.log()
    until(lambda: metric(two_workers, 'slipway_worker_replacements_total{reason="hung"}') == 1)


def test_stopped_worker_is_replaced(two_workers: Server) -> None:
    victim = workers(two_workers)[0]

    os.kill(victim, signal.SIGSTOP)
    until(lambda: len(found := workers(two_workers)) == 2 and victim not in found)

    assert {ask(two_workers) for _ in range(20)} == {200}
    assert metric(two_workers, 'slipway_worker_replacements_total{reason="hung"}') == 1


def test_worker_whose_slots_are_all_taken_is_replaced(models: Path) -> None:
    with running_server(models, "--workers", "2", "--deadline-seconds", "1") as server:
        before = workers(server)
        until(lambda: ask(server, "loops", ENDLESS) != 200 and workers(server) != before)

        until(lambda: metric(server, 'slipway_worker_replacements_total{reason="stuck_runs"}') >= 1)
        assert {ask(server) for _ in range(20)} == {200}


@pytest.mark.parametrize("count", [1, 2])
def test_server_that_was_frozen_as_a_whole_goes_on(models: Path, count: int) -> None:
    """As a laptop's lid, a paused container or a debugger does: nobody is to be blamed for the time in between."""
    with running_server(models, "--workers", str(count), "--hang-seconds", "1") as server:
        before = workers(server)
        everybody = [server.process.pid, *before]
        for process in everybody:
            os.kill(process, signal.SIGSTOP)
        time.sleep(4)
        for process in everybody:
            os.kill(process, signal.SIGCONT)

        assert {ask(server) for _ in range(20)} == {200}
        time.sleep(2)
        assert (workers(server), server.process.poll()) == (before, None)
