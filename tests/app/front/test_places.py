"""More clients than places, against a real server: who stays, who goes, and who is told so."""

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select

import pytest

from tests.factories import publish
from tests.server import Server, running_server
from tests.wire import ROW, ask, closed, connect, cpu_seconds, get, metric, post, receive, status, until

PLACES = 8
SPACES = b" " * 100_000
"""More than a connection must move in ten seconds, so that no busy machine lets it stand still."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    return models


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    with running_server(models, "--max-connections", str(PLACES)) as server:
        yield server


@pytest.mark.parametrize(
    "sent", [b"", b"P", b"GET /health/live HTTP/1.1\r\nHost: local"], ids=["nothing", "byte", "head"]
)
def test_newcomers_get_the_places_of_those_that_ask_nothing(server: Server, sent: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(3 * PLACES):
            stack.enter_context(connect(server)).sendall(sent)
        answered = [ask(server, get(b"/health/live")) for _ in range(5)] + [ask(server, post(ROW)) for _ in range(5)]

        assert answered == [200] * 10
        assert until(lambda: metric(server, "slipway_connections") <= PLACES)
        assert closed(server, "displaced") >= 2 * PLACES
    assert until(lambda: "connections make room for others" in server.log())


def test_oldest_that_asks_nothing_goes_first_and_one_that_asks_stays(server: Server) -> None:
    with ExitStack() as stack:
        kept = stack.enter_context(connect(server))
        silent = [stack.enter_context(connect(server)) for _ in range(PLACES - 1)]
        for _ in range(2 * PLACES):
            kept.sendall(post(ROW))
            assert status(receive(kept)) == 200
            silent.append(stack.enter_context(connect(server)))
            time.sleep(0.05)

        assert silent[0].recv(1) == b""
        kept.sendall(post(ROW))
        assert status(receive(kept)) == 200


def test_idle_connections_make_place_for_newcomers(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(2 * PLACES):
            client = stack.enter_context(connect(server))
            client.sendall(post(ROW))
            assert status(receive(client)) == 200

        assert [ask(server, get(path)) for path in (b"/health/ready", b"/metrics", b"/v2")] == [200] * 3


def test_head_that_is_cut_short_for_others_is_answered_503(models: Path) -> None:
    with running_server(models, "--max-connections", "1") as server, connect(server) as slow:
        slow.sendall(b"POST /predict/sum HTTP/1.1\r\n")
        assert until(lambda: ask(server, get(b"/health/live")) == 200 and bool(select([slow], [], [], 0)[0]))
        received = receive(slow)

    assert status(received) == 503
    assert b"retry-after: 1\r\n" in received


def test_where_all_are_busy_only_probes_and_metrics_get_in(models: Path) -> None:
    with running_server(models, "--max-connections", "2") as server, ExitStack() as stack:
        busy = [stack.enter_context(connect(server)) for _ in range(2)]
        left = 64 * len(SPACES)
        for client in busy:
            client.sendall(post(b"", length=left + len(ROW)))

        def ask_beside(request: bytes) -> int:
            """While the bodies of the others move, as those that stand still would make room."""
            nonlocal left
            left -= len(SPACES)
            for client in busy:
                client.sendall(SPACES)
            return ask(server, request)

        assert until(lambda: ask_beside(get(b"/health/live")) == 200 and metric(server, "slipway_in_flight") >= 2)
        probes = [
            ask_beside(get(path)) for path in (b"/health/live", b"/health/ready", b"/v2/health/live", b"/metrics")
        ]
        others = [ask_beside(request) for request in (post(ROW), get(b"/v2"), post(ROW, path=b"/predict/sum?"))]
        for client in busy:
            client.sendall(b" " * left + ROW)
        finished = [status(receive(client)) for client in busy]

        assert probes == [200] * 4
        assert others == [503] * 3
        assert finished == [200] * 2
        assert closed(server, "refused") == 3


def test_place_on_reserve_serves_one_probe(models: Path) -> None:
    with running_server(models, "--max-connections", "1") as server, connect(server) as busy:
        busy.sendall(post(b"", length=2 * len(SPACES)))
        assert until(lambda: metric(server, "slipway_in_flight") >= 2)  # that one, and the request for the metrics
        busy.sendall(SPACES)
        with connect(server) as probe:
            probe.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = receive(probe)

    assert status(received) == 200
    assert b"connection: close" in received


def test_few_files_are_enough_for_many_clients(models: Path) -> None:
    with files_limit(128), running_server(models) as server, files_limit(4096), ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(connect(server))
        used = cpu_seconds(server)
        time.sleep(2)
        used = cpu_seconds(server) - used

        assert ask(server, get(b"/health/live")) == 200
        assert ask(server, post(ROW)) == 200
        assert used < 0.8


@contextmanager
def files_limit(soft: int) -> Iterator[None]:
    """Let processes that start now have this many files open."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
