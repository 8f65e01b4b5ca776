"""What a connection does when its response comes before the request is complete, and when it is its last one."""

import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import publish
from tests.raw import ask, chunked, connect, post, pour, read_one, read_to_end, responses
from tests.server import Server, running_server

ROW = b'{"instances": [[1, 2, 3]]}'
SHORT, ASGI, UNKNOWN = b"/predict/sum", b"/predict/sum?", b"/no/such/path"
MULTIPART = b"Content-Type: multipart/form-data; boundary=x"
TWICE = (b"Inference-Header-Content-Length: 1",) * 2
LIMITS = ("--max-body-bytes", "1000000", "--body-seconds", "20")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    with running_server(models, *LIMITS) as server:
        yield server


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(SHORT, b" " * 4_000_000), 413),
        (post(ASGI, b" " * 4_000_000), 413),
        (chunked(SHORT, b" " * 4_000_000, chunk=100_000), 413),
        (chunked(ASGI, b" " * 4_000_000, chunk=100_000), 413),
        (post(SHORT, b" " * 900_000, MULTIPART), 415),
        (post(UNKNOWN, b" " * 4_000_000, b"Connection: close"), 404),
        (post(SHORT, b" " * 4_000_000, *TWICE, b"Connection: close"), 400),
        (post(SHORT, b" " * 4_000_000, b"A: " + b"a" * 17_000), 431),
        (b"GARBAGE\r\n\r\n" + b" " * 4_000_000, 400),
        (b"GET /v2 HTTP/1.1\r\n\r\n" + b" " * 4_000_000, 400),
        (post(UNKNOWN, b" " * 4_000_000).replace(b"HTTP/1.1", b"HTTP/1.0"), 404),
    ],
    ids=["413", "413 ASGI", "413 chunks", "413 ASGI chunks", "415", "404", "400", "431", "garbage", "no Host", "1.0"],
)
def test_response_is_read_by_a_client_that_sends_everything_first(server: Server, request_: bytes, status: int) -> None:
    """Sending without reading fills the socket: were the connection reset, sending or reading would raise."""
    ((found, _),) = ask(server, request_)

    assert found == status


@pytest.mark.parametrize("headers", [(UNKNOWN,), (SHORT, *TWICE)], ids=["as ASGI", "on the short way"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_rest_of_a_refused_body_is_read_and_the_connection_kept(
    server: Server, headers: tuple[bytes, ...], *, in_chunks: bool
) -> None:
    path, *more = headers
    body = ROW.ljust(500_000)
    refused = chunked(path, body, *more, chunk=9000) if in_chunks else post(path, body, *more)
    with connect(server) as client:
        for _ in range(2):
            client.sendall(refused)
            assert responses(read_one(client))[0][0] in {400, 404}
            client.sendall(post(SHORT, ROW))
            assert responses(read_one(client))[0][0] == 200


def test_rest_of_a_refused_body_that_is_announced_to_be_huge_is_not_read(server: Server) -> None:
    head = b"POST /no/such/path HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n"
    with connect(server) as client:
        client.sendall(head)
        received = read_one(client)
        sent = pour(client, b" " * 65_536, 400_000_000)

    assert b"connection: close" in received
    assert sent < 200_000_000


def test_broken_chunks_after_the_response_get_no_second_one(server: Server) -> None:
    begun = b"POST /no/such/path HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n \r\n"
    with connect(server) as client:
        client.sendall(begun)
        assert responses(read_one(client))[0][0] == 404
        client.sendall(b"no size\r\n")

        assert read_to_end(client) == b""


@pytest.mark.parametrize(
    "request_",
    [
        post(SHORT, b"", b"Expect: 100-continue").replace(b"Length: 0", b"Length: 4000000"),
        post(UNKNOWN, b"", b"Expect: 100-continue").replace(b"Length: 0", b"Length: 100"),
    ],
    ids=["too large", "unknown path"],
)
def test_client_that_waits_for_consent_is_refused_without_it_and_closed(server: Server, request_: bytes) -> None:
    with connect(server) as client:
        client.sendall(request_)
        received = read_to_end(client)

    assert re.match(rb"HTTP/1\.1 4(04|13) ", received)
    assert b"connection: close" in received


def test_client_that_waits_for_consent_gets_it_and_keeps_its_connection(server: Server) -> None:
    request = post(SHORT, ROW, b"Expect: 100-continue")
    with connect(server) as client:
        for _ in range(2):
            client.sendall(request[: -len(ROW)])
            assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(ROW)
            assert responses(read_one(client))[0][0] == 200


def test_client_of_version_1_0_is_not_asked_to_go_on(server: Server) -> None:
    request = post(SHORT, ROW, b"Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")

    assert [status for status, _ in ask(server, request)] == [200]


def test_refusals_below_the_guard_are_counted_by_reason_and_logged(server: Server) -> None:
    before = refused(server)
    ask(server, b"GARBAGE\r\n\r\n")
    ask(server, b"GET /v2 HTTP/1.1\r\n\r\n")
    ask(server, b"CONNECT other:80 HTTP/1.1\r\nHost: other\r\n\r\n")
    after = refused(server)

    assert {reason: after[reason] - before[reason] for reason in ("malformed", "host", "tunnel", "timeout")} == {
        "malformed": 1,
        "host": 1,
        "tunnel": 1,
        "timeout": 0,
    }
    assert "refused below the guard" in server.log()


def refused(server: Server) -> dict[str, float]:
    """The metric, by reason."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as response:
        found = re.findall(
            r'^slipway_refused_requests_total{reason="(\w+)"} (\S+)', response.read().decode(), re.MULTILINE
        )
    return {reason: float(count) for reason, count in found}


def test_drain_ends_while_a_refused_client_still_sends(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, *LIMITS) as server, connect(server) as client:
        client.sendall(post(SHORT, b" " * 4_000_000)[:2_000_000])
        refusal = read_one(client)
        server.process.send_signal(signal.SIGTERM)

        assert responses(refusal)[0][0] == 413
        assert server.process.wait(timeout=60) == 0
