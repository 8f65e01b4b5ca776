"""Heads that a connection has read before. What a request is answered must not depend on whether its head was known."""

import re
import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.front.known_head import HeadMemory
from app.front.routes import PREDICT, Match
from tests.factories import publish
from tests.server import Server, running_server

PREDICT_SUM = Match(PREDICT, {"model_name": "sum"}, "")


def head(length: object, line: bytes = b"", name: bytes = b"Content-Length: ") -> bytes:
    return b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\n%b%b%b\r\n\r\n" % (name, str(length).encode(), line)


def memory_of(data: bytes, by_name: dict[bytes, bytes]) -> HeadMemory:
    memory = HeadMemory()
    memory.learn(data, PREDICT_SUM, list(by_name.items()), by_name)
    return memory


@given(st.integers(1, 10**9 - 1), st.integers(1, 10**9 - 1))
def test_head_is_known_whatever_the_length_of_its_body(learned: int, length: int) -> None:
    known = memory_of(head(learned), {b"host": b"x", b"content-length": b"1"}).known

    assert known is not None
    assert known.measure(head(length) + b"abc") == (len(head(length)), length)
    assert known.by_name == {b"host": b"x"}


@pytest.mark.parametrize(
    "other",
    [
        head(3).replace(b"Host: localhost", b"Host: y"),
        head(3, b"\r\nX-API-Key: k"),
        head("3, 3"),
        head("+3"),
        head(""),
        head(3)[:-2],
        head(1234567890),
        b"",
    ],
    ids=["other value", "one more header", "two lengths", "sign", "no length", "not whole", "too long", "nothing"],
)
def test_another_head_is_not_taken_for_the_known_one(other: bytes) -> None:
    known = memory_of(head(3), {b"host": b"x", b"content-length": b"3"}).known

    assert known is not None
    assert known.measure(other) == (0, 0)


@pytest.mark.parametrize(
    ("data", "by_name"),
    [
        (head("3", name=b"Transfer-Encoding: chunked\r\nX: "), {b"host": b"x", b"transfer-encoding": b"chunked"}),
        (head(3, b"\r\ncontent-length: 3"), {b"host": b"x", b"content-length": b"3"}),
        (head(3, b"\nx: y"), {b"host": b"x", b"content-length": b"3"}),
        (head(3, b"\r\n folded"), {b"host": b"x", b"content-length": b"3"}),
        (head(3) + b"abc" + head(3), {b"host": b"x", b"content-length": b"3"}),
    ],
    ids=["chunked", "length twice", "bare line end", "line that goes on", "another request behind"],
)
def test_head_that_is_not_plain_is_not_remembered(data: bytes, by_name: dict[bytes, bytes]) -> None:
    assert memory_of(data, by_name).known is None


def test_connection_whose_heads_always_differ_stops_to_learn() -> None:
    memory, by_name = HeadMemory(), {b"host": b"x", b"content-length": b"3"}
    for _ in range(8):
        memory.learn(head(3), PREDICT_SUM, list(by_name.items()), by_name)
    last = memory.known

    memory.learn(head(3).replace(b"x", b"y"), PREDICT_SUM, list(by_name.items()), by_name)

    assert memory.known is last


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    with running_server(models, "--max-body-bytes", "100000") as server:
        yield server


def connect(server: Server) -> socket.socket:
    address, port = server.address.split(":")
    client = socket.create_connection((address, int(port)), timeout=60)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def receive(client: socket.socket) -> list[bytes]:
    """An answer in lines, in order of name and without what differs by time or by the number of the request."""
    received = b""
    while not received.endswith(b"}"):
        received += client.recv(65536)
    same = re.sub(rb"(?m)^(date|x-request-id|content-length): .*\r\n|\"request_id\":\"[^\"]*\"", b"", received)
    return sorted(same.split(b"\r\n"))


def post(path: bytes, body: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (path, len(body), body)


ROW = b'{"instances": [[1, 2, 3]]}'


@pytest.mark.parametrize(
    "body",
    [ROW, b"not JSON", b'{"instances": [[1]]}', ROW.ljust(90_000), b"", b" " * 100_001],
    ids=["row", "no JSON", "bad row", "large", "empty", "too large"],
)
def test_request_with_a_known_head_is_answered_like_any_other(server: Server, body: bytes) -> None:
    with connect(server) as client, connect(server) as other:
        client.sendall(post(b"/predict/sum", ROW))
        receive(client)
        client.sendall(post(b"/predict/sum", body))
        other.sendall(post(b"/predict/sum?", body))

        assert receive(client) == receive(other)


def test_head_that_was_refused_is_refused_again(server: Server) -> None:
    twice = b"Inference-Header-Content-Length: 26\r\n" * 2
    request = post(b"/v2/models/sum/infer", ROW).replace(b"Host", twice + b"Host")
    with connect(server) as client:
        client.sendall(request)
        first = receive(client)
        client.sendall(request)

        assert receive(client) == first
        assert any(b"must be given once" in line for line in first)


@pytest.mark.parametrize("first", [1, 40, 60, 65, 70, 90])
def test_body_behind_a_known_head_may_come_in_pieces(server: Server, first: int) -> None:
    request = post(b"/predict/sum", ROW)
    with connect(server) as client:
        client.sendall(request)
        whole = receive(client)
        client.sendall(request[:first])
        time.sleep(0.02)
        client.sendall(request[first:])

        assert receive(client) == whole


def test_requests_behind_a_known_head_are_answered_in_order(server: Server) -> None:
    bodies = [b'{"instances": [[%d, 0, 0]]}' % number for number in range(6)]
    requests = b"".join(post(b"/predict/sum", body) for body in bodies)
    with connect(server) as client:
        client.sendall(post(b"/predict/sum", ROW))
        receive(client)
        client.sendall(requests[:120])
        client.sendall(requests[120:])
        received = b""
        while received.count(b'"value":') < len(bodies):
            received += client.recv(65536)

    assert [int(value) for value in re.findall(rb'"value":(\d+)\.0', received)] == list(range(6))
