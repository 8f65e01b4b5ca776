"""Stopping under load, with stock uvicorn as the negative control."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.e2e.drain import (
    CLIENTS,
    asked_again_after_sigterm,
    is_stopping,
    is_under_way,
    stock_uvicorn,
    stop_under_load,
)
from tests.factories import matrix_signature, publish
from tests.graphs import looping_graph
from tests.server import Server, running_server
from tests.waiting import until

DRAIN_SECONDS = 3.0
"""Long enough for every client to have its turn on a busy machine."""
UNTIL_KILLED = ("--drain-seconds", "300")
TWO_SECONDS = 1_600_000.0
"""Steps of the looping graph; about that long here."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    publish(folder)
    signature = matrix_signature(1)
    slow = signature.model_copy(update={"features": (signature.features[0].model_copy(update={"example": 10_000.0}),)})
    publish(folder, "slow", slow, looping_graph(slow))
    return folder


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    patiently = ("--deadline-seconds", "60", "--finish-seconds", "60")
    with running_server(models, "--drain-seconds", str(DRAIN_SECONDS), *patiently) as server:
        yield server


@pytest.fixture
def patient(models: Path) -> Iterator[Server]:
    """A server that drains until it is told twice to stop."""
    with running_server(models, *UNTIL_KILLED) as server:
        yield server


def test_clients_that_listen_lose_nothing(server: Server) -> None:
    tally, code, _ = stop_under_load(server, stubborn=False)

    assert tally.answered > CLIENTS
    assert tally.lost == []
    assert code == 0


def test_stubborn_clients_that_reconnect_lose_next_to_nothing(server: Server) -> None:
    tally, code, _ = stop_under_load(server, stubborn=True)

    assert len(tally.lost) <= 2
    assert "IncompleteRead" not in tally.lost
    assert code == 0


def test_readiness_goes_off_while_requests_are_still_answered(patient: Server) -> None:
    patient.process.terminate()
    until(lambda: is_stopping(patient.url))
    ready = httpx.get(f"{patient.url}/health/ready", timeout=60)
    answer = httpx.post(f"{patient.url}/predict/sum", json={"instances": [[1, 2, 3]]}, timeout=60)

    assert (ready.status_code, ready.json()["error"]) == (503, "the server is stopping")
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


def test_request_under_way_is_finished(server: Server) -> None:
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(httpx.post, f"{server.url}/predict/slow", json={"instances": [[TWO_SECONDS]]}, timeout=90)
        until(lambda: slow.done() or is_under_way(server.url))
        server.process.terminate()
        code = server.process.wait(timeout=90)

    assert slow.result().json()["predictions"] == [{"value": TWO_SECONDS}]
    assert code == 0


def test_second_signal_ends_it_long_before_the_drain(patient: Server) -> None:
    patient.process.terminate()
    until(lambda: is_stopping(patient.url))

    patient.process.terminate()

    patient.process.wait(timeout=60)


def test_kept_connections_are_served_once_more_and_told_to_close(server: Server) -> None:
    assert asked_again_after_sigterm(server.process, server.url, "/predict/sum") == CLIENTS


def test_stock_uvicorn_drops_every_kept_connection() -> None:
    """Negative control: the same clients see the losses where nothing is done against them."""
    with stock_uvicorn() as (process, url):
        assert asked_again_after_sigterm(process, url, "/") == 0
