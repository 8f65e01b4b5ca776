"""Connections at their limits, by raw sockets against a real server with small limits."""

import json
import re
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import publish, slow_signature
from tests.graphs import looping_graph
from tests.server import Server, running_server

ROW = b'{"instances": [[1, 2, 3]]}'
POST = b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(ROW)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    limits = ("--head-seconds", "0.5", "--body-seconds", "0.5", "--idle-seconds", "0.5", "--max-head-bytes", "2048")
    with running_server(models, *limits) as server:
        yield server


def connect(server: Server) -> socket.socket:
    host, port = server.address.split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def exchange(server: Server, sent: bytes) -> tuple[int, bytes]:
    """Status and everything that came until the server closed; -1 where it closed without a word."""
    with connect(server) as client:
        client.sendall(sent)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    status = re.match(rb"HTTP/1\.1 (\d+)", received)
    return (int(status[1]) if status else -1), received


def get(*headers: bytes, path: bytes = b"/v2", version: bytes = b"HTTP/1.1") -> bytes:
    lines = [b"GET " + path + b" " + version, b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


HOST = b"Host: localhost"


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        (get(), 400, b"exactly one Host header"),
        (get(HOST, b"Host: y"), 400, b"exactly one Host header"),
        (get(HOST, version=b"HTTP/3.7"), 400, b""),
        (get(HOST, version=b""), 400, b""),
        (b"GARBAGE\r\n\r\n", 400, b"not a valid HTTP/1.1 request"),
        (get(HOST, b"Content-Length: 5", b"Content-Length: 6"), 400, b"not a valid HTTP/1.1 request"),
        (get(HOST, b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400, b"not a valid HTTP/1.1 request"),
        (get(HOST, b"Transfer-Encoding: gzip, chunked"), 400, b"only transfer coding"),
        (get(HOST, b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"), 400, b"only transfer coding"),
        (get(HOST, b"Content-Length: -1"), 400, b"not a valid HTTP/1.1 request"),
        (b"GET /v2 HTTP/1.1\nHost: localhost\n\n", 400, b"not a valid HTTP/1.1 request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, b"not a valid HTTP/1.1 request"),
        (b"CONNECT other:80 HTTP/1.1\r\nHost: other\r\n\r\n", 400, b"tunnels are not offered"),
    ],
    ids=[
        "no Host",
        "two Hosts",
        "HTTP/3.7",
        "no version",
        "garbage",
        "two lengths",
        "CL and TE",
        "coded and chunked",
        "coded and chunked in two lines",
        "negative",
        "LF",
        "HTTP/2 at once",
        "CONNECT",
    ],
)
def test_odd_framing_is_answered_400_and_closed(server: Server, sent: bytes, status: int, message: bytes) -> None:
    found, body = exchange(server, sent)

    assert found == status
    assert message in body


def test_head_at_the_limit_is_accepted_and_one_byte_more_is_refused(server: Server) -> None:
    fixed = len(b"/v2") + sum(
        len(n) + len(v) + 4 for n, v in ((b"Connection", b"close"), (b"Host", b"localhost"), (b"P", b""))
    )
    padding = b"P: " + b"x" * (2048 - fixed)

    accepted, _ = exchange(server, get(HOST, padding))
    refused, body = exchange(server, get(HOST, padding + b"x"))

    assert (accepted, refused) == (200, 431)
    assert b"over 2048 bytes" in body


def test_hundred_headers_are_accepted_and_one_more_is_refused(server: Server) -> None:
    many = [b"A: 1"] * 98

    accepted, _ = exchange(server, get(HOST, *many))
    refused, body = exchange(server, get(HOST, *many, b"A: 1"))

    assert (accepted, refused) == (200, 431)
    assert b"more than 100 headers" in body


def test_head_of_too_many_headers_is_refused_before_it_is_complete(server: Server) -> None:
    status, body = exchange(server, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n" + b"a:\r\n" * 101)

    assert status == 431
    assert b"more than 100 headers" in body


def test_header_that_never_ends_is_cut_off(server: Server) -> None:
    status, _ = exchange(server, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nP: " + b"x" * 100_000)

    assert status == 431


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"", -1), (b"GET /v2 HT", 408), (POST, 408), (POST + ROW[:5], 408)],
    ids=["silent", "half a head", "no body", "half a body"],
)
def test_client_that_takes_too_long_is_closed(server: Server, sent: bytes, status: int) -> None:
    started = time.monotonic()

    found, _ = exchange(server, sent)

    assert found == status
    assert time.monotonic() - started > 0.4


def test_kept_connection_is_closed_when_nothing_comes(server: Server) -> None:
    started = time.monotonic()

    status, response = exchange(server, get(HOST).replace(b"Connection: close\r\n", b""))

    assert status == 200
    assert b"connection: close" not in response
    assert time.monotonic() - started > 0.4


@pytest.mark.parametrize(
    "head",
    [
        b"POST /no/such/path HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(ROW),
        POST.replace(b"Host", b"Inference-Header-Content-Length: 1\r\n" * 2 + b"Host"),
    ],
    ids=["as ASGI", "on the short way"],
)
def test_connection_that_was_answered_before_its_body_came_is_closed_when_nothing_follows(
    server: Server, head: bytes
) -> None:
    with connect(server) as client:
        client.sendall(head)
        received = client.recv(65536)
        client.sendall(ROW)
        while chunk := client.recv(65536):  # until the server closes; waiting longer than the socket's time-out raises
            received += chunk

    assert re.match(rb"HTTP/1\.1 40[04]", received)
    assert received.count(b"HTTP/1.1") == 1


def test_one_connection_serves_many_requests(server: Server) -> None:
    with connect(server) as client:
        for _ in range(5):
            client.sendall(POST + ROW)
            assert b'"value":6.0' in client.recv(65536)


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with connect(server) as client:
        client.sendall((POST + ROW) * 3)
        received = b""
        while received.count(b'"value":6.0') < 3:
            received += client.recv(65536)

    assert received.count(b"HTTP/1.1 200") == 3


def test_old_connection_is_asked_to_close(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, "--max-connection-seconds", "2") as server, connect(server) as client:
        responses: list[bytes] = []
        while not responses or (responses[-1] and b"connection: close" not in responses[-1]):
            client.sendall(POST + ROW)
            responses.append(client.recv(65536))

    assert b"connection: close" not in responses[0]
    assert b"connection: close" in responses[-1]


def test_server_answers_after_all_that(server: Server) -> None:
    status, _ = exchange(server, get(HOST))

    assert status == 200


def chunked(count: int) -> bytes:
    """A row request cut into this many chunks, all but the last of one byte."""
    padded = ROW[:-1].ljust(count - 1) + ROW[-1:]
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in padded)
    head = b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + chunks + b"0\r\n\r\n"


def test_65536_chunks_are_accepted_and_one_more_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path) as server:
        accepted, _ = exchange(server, chunked(65_535))  # the empty one that ends the body is a chunk as well
        refused, body = exchange(server, chunked(65_536))

    assert (accepted, refused) == (200, 413)
    assert b"more than 65536 chunks" in body


def test_work_of_a_caller_that_hangs_up_leaves_the_queue(tmp_path: Path) -> None:
    signature = slow_signature()
    publish(tmp_path, "loop", signature, looping_graph(signature))
    busy, waiting = b'{"instances": [[1e6]]}', b'{"instances": [[7]]}'
    with running_server(tmp_path) as server:
        for body in (busy, waiting):
            with connect(server) as client:
                client.sendall(
                    b"POST /predict/loop HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                )
                time.sleep(0.2)
        last = urllib.request.urlopen(f"{server.url}/predict/loop", b'{"instances": [[5]]}').read()
        stats = json.loads(urllib.request.urlopen(f"{server.url}/v2/models/loop/stats").read())

    assert b'"value":5.0' in last
    assert stats["model_stats"][0]["execution_count"] == 2
