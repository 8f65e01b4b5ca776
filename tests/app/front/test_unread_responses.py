"""Responses that their clients do not read, against a real server: how long they wait, and what they are counted as."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.factories import publish
from tests.server import Server, running_server
from tests.wire import ROW, ask, closed, connect, get, metric, post, resident_mib, rows, status, until

MANY = 100_000
"""Rows whose response, of more than 1 MiB, no buffer of the system takes."""
FEW = 8_000
"""Rows whose response leaves less with the server than the mark from which on writing is paused."""
SMALL_BUFFER = 2048
MADE_ROOM = 20
"""Responses of 26 MiB together."""
PATIENT = ("--deadline-seconds", "60", "--max-queue-rows", "10000000")
"""So that every request gets its response, however busy the machine is."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    return models


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Server]:
    with running_server(models, *PATIENT, "--write-seconds", "3") as server:
        yield server


@pytest.mark.parametrize("path", [b"/predict/sum", b"/predict/sum?"], ids=["hot", "asgi"])
@pytest.mark.parametrize("count", [FEW, MANY], ids=["a little waits", "much waits"])
@pytest.mark.parametrize("headers", [(), (b"Connection: close",)], ids=["kept", "closing"])
def test_response_that_is_not_read_is_aborted(
    server: Server, path: bytes, count: int, headers: tuple[bytes, ...]
) -> None:
    before = closed(server, "slow_reader")
    with connect(server, SMALL_BUFFER) as client:
        client.sendall(post(rows(count), *headers, path=path))

        assert until(lambda: closed(server, "slow_reader") == before + 1)
    assert until(lambda: metric(server, "slipway_request_memory_bytes") == 0)


def test_client_that_reads_a_byte_at_a_time_is_aborted(server: Server) -> None:
    before = closed(server, "slow_reader")
    with connect(server, SMALL_BUFFER) as client:
        client.sendall(post(rows(MANY)))

        def sip() -> bool:
            client.recv(1)
            return closed(server, "slow_reader") > before

        assert until(sip)


def test_client_that_reads_on_for_longer_than_the_deadline_gets_all(server: Server) -> None:
    with connect(server, SMALL_BUFFER) as client:
        client.sendall(post(rows(MANY), b"Connection: close"))
        started, received = time.monotonic(), b""
        while chunk := client.recv(16 * 1024):
            received += chunk
            time.sleep(0.06)

    assert time.monotonic() - started > 3
    assert received.endswith(b"]}")


def test_unread_responses_are_within_the_budget_and_go_for_others(models: Path) -> None:
    budget = 8_000_000
    with running_server(models, *PATIENT, "--max-bytes-in-flight", str(budget)) as server, ExitStack() as stack:
        while not closed(server, "memory"):
            hoarder = stack.enter_context(connect(server, SMALL_BUFFER))
            hoarder.sendall(post(rows(MANY)))
            hoarder.recv(1)  # the response has begun, or it was refused

        assert metric(server, "slipway_request_memory_bytes") < budget + 1_500_000
        assert until(lambda: ask(server, post(rows(MANY))) == 200)
        assert ask(server, get(b"/health/live")) == 200


def test_memory_of_responses_that_made_room_is_free(models: Path) -> None:
    budget, before = 8_000_000, 0.0
    with running_server(models, *PATIENT, "--max-bytes-in-flight", str(budget)) as server, ExitStack() as stack:
        while closed(server, "memory") < MADE_ROOM:
            hoarder = stack.enter_context(connect(server, SMALL_BUFFER))
            hoarder.sendall(post(rows(MANY), path=b"/predict/sum?"))
            hoarder.recv(1)  # the response has begun, or it was refused
            before = before or (resident_mib(server) if closed(server, "memory") else 0.0)

        assert resident_mib(server) < before + 16


def test_response_counts_whole_until_its_last_byte_is_taken(server: Server) -> None:
    with connect(server, SMALL_BUFFER) as client:
        client.sendall(post(rows(MANY), b"Connection: close"))
        assert until(lambda: metric(server, "slipway_request_memory_bytes") > MANY)
        whole = metric(server, "slipway_request_memory_bytes")
        received = 0
        while received < whole * 2 / 3:
            received += len(client.recv(64 * 1024))
        time.sleep(0.3)  # three looks at the connection
        partly = metric(server, "slipway_request_memory_bytes")
        while chunk := client.recv(1 << 20):
            received += len(chunk)

    assert partly > 0.9 * received  # all but what the kernel holds, although two thirds are taken
    assert until(lambda: metric(server, "slipway_request_memory_bytes") == 0)


def test_places_of_clients_that_never_read_are_given_to_others(models: Path) -> None:
    with running_server(models, *PATIENT, "--max-connections", "4") as server, ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connect(server, SMALL_BUFFER)).sendall(post(rows(MANY)))

        assert ask(server, get(b"/health/live")) == 200
        assert until(lambda: ask(server, post(ROW, b"Connection: close")) == 200)
        assert closed(server, "slow_reader") == 0


def test_response_is_whole_for_a_client_that_comes_back_to_it(server: Server) -> None:
    with connect(server, SMALL_BUFFER) as client:
        client.sendall(post(rows(MANY), b"Connection: close"))
        assert until(lambda: metric(server, "slipway_request_memory_bytes") > 500_000)
        received = b"".join(iter(lambda: client.recv(1 << 20), b""))

    assert (status(received), received[-2:]) == (200, b"]}")
    assert until(lambda: metric(server, "slipway_request_memory_bytes") == 0)
