"""Bodies that do not go on, against a real server: others get in, and what stands still goes first."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.factories import publish
from tests.keyring import add_key
from tests.server import Server, running_server
from tests.wire import ROW, ask, closed, connect, get, metric, post, receive, resident_mib, rows, status, until

BODY = 2_000_000
LIMITS = ("--max-body-bytes", str(BODY), "--max-bytes-in-flight", "16000000")
STALLED = post(rows(1, BODY - 100_000), length=BODY)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    return models


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    with running_server(models, *LIMITS) as server:
        yield server


@pytest.mark.parametrize("path", [b"/predict/sum", b"/predict/sum?"], ids=["hot", "asgi"])
def test_bodies_that_stand_still_do_not_keep_others_out(server: Server, path: bytes) -> None:
    with ExitStack() as stack:
        stalled = [stack.enter_context(connect(server)) for _ in range(7)]
        for client in stalled:
            client.sendall(STALLED.replace(b"/predict/sum", path))
        assert until(lambda: metric(server, "slipway_request_memory_bytes") >= 7 * (BODY - 100_000))

        assert ask(server, post(ROW)) == 200
        assert until(lambda: ask(server, post(rows(1, BODY))) == 200, seconds=20)
        assert closed(server, "memory") >= 1
        assert status(receive(stalled[0])) == 408


def test_body_that_comes_too_slowly_is_answered_408(models: Path) -> None:
    with running_server(models, "--body-seconds", "1.5") as server, connect(server) as client:
        client.sendall(post(b"{", length=1000))
        received = receive(client)

        assert status(received) == 408
        assert closed(server, "slow_body") == 1


def test_another_key_gets_in_beside_one_that_holds_all_it_can(models: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    first, second = (add_key(keys).encode() for _ in range(2))
    with running_server(models, *LIMITS, "--keys", str(keys)) as server, ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(connect(server))
            with suppress(OSError):  # it may be refused before it has sent all
                client.sendall(STALLED.replace(b"Host: ", b"X-API-Key: %b\r\nHost: " % first))

        assert ask(server, post(rows(1, BODY - 200_000), b"X-API-Key: %b" % second)) == 200


def test_memory_of_large_requests_is_returned_to_the_system(models: Path) -> None:
    with running_server(models) as server:
        assert ask(server, post(rows(1, 1_000_000))) == 200
        before = resident_mib(server)
        with ExitStack() as stack:
            clients = [stack.enter_context(connect(server)) for _ in range(8)]
            for client in clients:
                client.sendall(post(rows(1, 12_000_000), length=12_000_001))
            assert until(lambda: resident_mib(server) > before + 80)

        assert until(lambda: resident_mib(server) < before + 16)


def test_many_small_parts_take_no_more_memory_than_their_bytes(models: Path) -> None:
    part = b"2\r\n  \r\n"
    head = b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running_server(models) as server, ExitStack() as stack:
        assert ask(server, get(b"/v2")) == 200
        before = resident_mib(server)
        clients = [stack.enter_context(connect(server)) for _ in range(10)]
        for client in clients:
            client.sendall(head + part * 60_000)
        assert until(lambda: metric(server, "slipway_request_memory_bytes") >= 10 * 120_000)

        assert resident_mib(server) < before + 20
        for client in clients:
            client.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(ROW), ROW))
        assert [status(receive(client)) for client in clients] == [200] * 10
