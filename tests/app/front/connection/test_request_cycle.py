"""Requests that take the short way on their connection, against the same requests that come to the guard as ASGI.

A query makes the difference: it changes nothing about the answer, but only the exact path takes the short way.
"""

import re
import socket
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.factories import publish
from tests.server import Server, running_server

ROW = b'{"instances": [[1, 2, 3]]}'
MANY = b'{"instances": [%b]}' % b",".join([b"[1, 2, 3]"] * 200)
SHORT, ASGI = b"/predict/sum", b"/predict/sum?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    with running_server(models, "--max-body-bytes", "1000000", "--body-seconds", "0.5") as server:
        yield server


def connect(server: Server) -> socket.socket:
    host, port = server.address.split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def post(path: bytes, body: bytes, *headers: bytes, method: bytes = b"POST", version: bytes = b"1.1") -> bytes:
    length = b"Content-Length: %d" % len(body)
    lines = [b"%b %b HTTP/%b" % (method, path, version), b"Host: localhost", b"X-Request-ID: same", length, *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def ask(server: Server, request: bytes) -> tuple[list[bytes], bytes]:
    """The answer's head, without its date and in order of name, and its body; the connection is ours to close."""
    with connect(server) as client:
        client.sendall(request)
        received = client.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head)
        while found and len(body) < int(found[1]):
            body += client.recv(65536)
    return sorted(line for line in head.split(b"\r\n") if not line.startswith(b"date: ")), body


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (ROW, ()),
        (b"not JSON", ()),
        (b'{"instances": [[1]]}', ()),
        (ROW, (b"Content-Type: multipart/form-data; boundary=x",)),
        (ROW, (b"Inference-Header-Content-Length: 1", b"Inference-Header-Content-Length: 1")),
        (b" " * 1_000_001, ()),
        (ROW, (b"Connection: close",)),
        (MANY, (b"Accept-Encoding: gzip",)),
        (MANY, (b"Accept-Encoding: br",)),
        (MANY.ljust(600_000), ()),
    ],
    ids=["good", "no JSON", "bad row", "multipart", "twice", "too large", "close", "gzip", "no coding", "in a thread"],
)
def test_both_ways_give_the_same_answer(server: Server, body: bytes, headers: tuple[bytes, ...]) -> None:
    assert ask(server, post(SHORT, body, *headers)) == ask(server, post(ASGI, body, *headers))


def test_both_ways_close_after_a_request_of_version_1_0(server: Server) -> None:
    short, asgi = (ask(server, post(path, ROW, version=b"1.0")) for path in (SHORT, ASGI))

    assert short == asgi
    assert b"connection: close" in short[0]


def test_compressed_answer_can_be_read(server: Server) -> None:
    head, body = ask(server, post(SHORT, MANY, b"Accept-Encoding: gzip"))

    assert b"content-encoding: gzip" in head
    assert len(orjson.loads(zlib.decompress(body, 31))["predictions"]) == 200


@pytest.mark.parametrize("path", [SHORT, ASGI])
def test_head_of_a_hot_route_is_refused_without_a_body(server: Server, path: bytes) -> None:
    with connect(server) as client:
        client.sendall(post(path, b"", b"Connection: close", method=b"HEAD"))
        received = b""
        while chunk := client.recv(65536):
            received += chunk

    assert received.startswith(b"HTTP/1.1 405")
    assert received.endswith(b"\r\n\r\n")


def test_body_in_many_pieces_arrives_whole(server: Server) -> None:
    request = post(SHORT, ROW)
    with connect(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for first in range(0, len(request), 7):
            client.sendall(request[first : first + 7])
        response = client.recv(65536)

    assert b'"value":6.0' in response


@pytest.mark.parametrize("path", [SHORT, ASGI])
def test_request_that_was_begun_before_the_drain_is_asked_to_close(tmp_path: Path, path: bytes) -> None:
    publish(tmp_path)
    request = post(path, ROW)
    with running_server(tmp_path, "--drain-seconds", "3") as server, connect(server) as client:
        client.sendall(request[:-5])
        time.sleep(0.1)
        server.process.terminate()
        time.sleep(0.1)
        client.sendall(request[-5:])

        assert b"connection: close" in client.recv(65536)


def test_client_that_hangs_up_leaves_nothing_in_flight(server: Server) -> None:
    before = in_flight(server)
    with connect(server) as client:
        client.sendall(post(SHORT, ROW)[:-5])
        time.sleep(0.1)
        during = in_flight(server)
    time.sleep(0.1)

    assert (before, during, in_flight(server)) == (1, 2, 1)


def test_body_that_never_ends_leaves_nothing_in_flight(server: Server) -> None:
    with connect(server) as client:
        client.sendall(post(SHORT, ROW)[:-5])
        response = client.recv(65536)

    assert response.startswith(b"HTTP/1.1 408")
    assert in_flight(server) == 1


def in_flight(server: Server) -> int:
    """The gauge, which counts the request for the metrics as well."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=60) as response:
        found = re.search(r"^slipway_in_flight (\d+)", response.read().decode(), re.MULTILINE)
    assert found
    return int(found[1])


def test_mixture_of_both_ways_in_one_pipeline_is_answered_in_order(server: Server) -> None:
    sums = [1, 2, 3, 4, 5, 6]
    requests = [post(SHORT if number % 2 else ASGI, b'{"instances": [[%d, 0, 0]]}' % number) for number in sums]
    with connect(server) as client:
        client.sendall(b"".join(requests))
        received = b""
        while received.count(b'"value":') < len(sums):
            received += client.recv(65536)

    assert [int(value) for value in re.findall(rb'"value":(\d+)\.0', received)] == sums
