"""Heads that a connection has read before. What a request is answered must not depend on whether its head was known."""

import re
import socket
import time
from collections.abc import Iterator

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.front.connection.known_head import HeadMemory
from slipway_ml.front.exchange import Headers
from slipway_ml.front.routes import PREDICT, Match
from tests.factories import publish
from tests.server import Server, running_server

PREDICT_SUM = Match(PREDICT, {"model_name": "sum"}, "")


def head(length: object, line: bytes = b"", name: bytes = b"Content-Length: ") -> bytes:
    return b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\n%b%b%b\r\n\r\n" % (name, str(length).encode(), line)


class Reader:
    """What httptools reads of a request."""

    def __init__(self, data: bytes) -> None:
        self.headers: Headers = []
        self.body = b""
        httptools.HttpRequestParser(self).feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body


def memory_of(*requests: bytes) -> HeadMemory:
    memory = HeadMemory()
    for data in requests:
        headers = Reader(data).headers
        memory.learn(data, PREDICT_SUM, headers, dict(headers))
    return memory


@given(st.integers(1, 10**9 - 1), st.integers(1, 10**9 - 1))
def test_head_is_known_whatever_the_length_of_its_body(learned: int, length: int) -> None:
    known = memory_of(head(learned)).known

    assert known is not None
    found = known.recognize(head(length) + b"abc")
    assert found is not None
    assert (found.start, found.length) == (len(head(length)), length)
    assert found.by_name == {b"host": b"localhost"}


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
    known = memory_of(head(3)).known

    assert known is not None
    assert known.recognize(other) is None


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (head("3", name=b"Transfer-Encoding: chunked\r\nX: "), [(b"host", b"localhost"), (b"x", b"3")]),
        (head(3, b"\r\ncontent-length: 3"), [(b"host", b"localhost"), *[(b"content-length", b"3")] * 2]),
        (head(3, b"\nx: y"), [(b"host", b"localhost"), (b"content-length", b"3"), (b"x", b"y")]),
        (head(3, b"\r\n folded"), [(b"host", b"localhost"), (b"content-length", b"3 folded")]),
        (head(3) + b"abc" + head(3), [(b"host", b"localhost"), (b"content-length", b"3")]),
    ],
    ids=["chunked", "length twice", "bare line end", "line that goes on", "another request behind"],
)
def test_head_that_is_not_plain_is_not_remembered(data: bytes, headers: Headers) -> None:
    memory = HeadMemory()
    memory.learn(data, PREDICT_SUM, headers, dict(headers))

    assert memory.known is None


def test_connection_whose_heads_always_differ_stops_to_learn() -> None:
    differing = [head(3, b"\r\nX-%d: y" % number) for number in range(9)]

    assert memory_of(*differing).known == memory_of(*differing[:8]).known


VISIBLE = st.text([chr(code) for code in range(0x21, 0x7F)], min_size=1, max_size=40).map(str.encode)
VARYING = [b"X-Request-Id", b"traceparent", b"X-API-Key", b"x-forwarded-for"]


@given(
    st.lists(st.lists(VISIBLE, min_size=4, max_size=4), min_size=3, max_size=3),
    st.lists(st.integers(1, 9999), min_size=3, max_size=3),
    st.permutations([*VARYING, b"Content-Length", b"Accept"]),
)
def test_head_in_which_a_proxy_changes_a_few_values_is_recognized_as_the_parser_reads_it(
    values: list[list[bytes]], lengths: list[int], names: list[bytes]
) -> None:
    def request(given: list[bytes], length: int) -> bytes:
        by_name = dict(zip(VARYING, given, strict=True)) | {b"Content-Length": b"%d" % length, b"Accept": b"*/*"}
        lines = b"".join(b"%b: %b\r\n" % (name, by_name[name]) for name in names)
        return b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % lines

    first, second, third = map(request, values, lengths)
    known = memory_of(first, second).known
    assert known is not None
    found, read = known.recognize(third + b"body"), Reader(third)
    if found is None:
        # A value that never differed while the head was learnt is still taken for a part of the head.
        fixed = [name for place, name in enumerate(names) if place + 1 not in known.varying and name in VARYING]
        assert any(values[2][VARYING.index(name)] != values[0][VARYING.index(name)] for name in fixed)
        return

    assert (found.start, found.length) == (len(third), lengths[2])
    assert [header for header in found.headers if header[0] != b"content-length"] == [
        header for header in read.headers if header[0] != b"content-length"
    ]
    assert found.by_name == {name: value for name, value in read.headers if name != b"content-length"}


@pytest.mark.parametrize(
    "other",
    [
        b"Host: elsewhere",
        b"X-Id: a\tb",
        b"X-Id: a\x00b",
        b"X-Id: \xe9",
        b"X-Id:  1",
        b"X-Id: ",
        b"X-Id: " + b"1" * 257,
        b"X-Id: 1\nContent-Length: 9",
        b"Content-Type: multipart/form-data",
        b"Inference-Header-Content-Length: 9",
    ],
)
def test_value_that_may_decide_how_a_request_is_read_makes_another_head(other: bytes) -> None:
    def request(changed: bytes) -> bytes:
        lines = [b"Host: localhost", b"X-Id: 0", b"Content-Type: application/json"]
        lines = [b"Inference-Header-Content-Length: 3", *lines, b"Content-Length: 3"]
        lines = [changed if known.startswith(changed.split(b":")[0]) else known for known in lines]
        return b"POST /predict/sum HTTP/1.1\r\n%b\r\n\r\n" % b"\r\n".join(lines)

    known = memory_of(request(b"X-Id: 0"), request(b"X-Id: 1")).known

    assert known is not None
    assert known.recognize(request(b"X-Id: 77")) is not None
    assert known.recognize(request(other)) is None


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


def test_request_keeps_its_own_id_behind_a_head_that_is_known_but_for_it(server: Server) -> None:
    with connect(server) as client:
        for number in range(5):
            client.sendall(post(b"/predict/sum", ROW).replace(b"Host", b"X-Request-Id: own-%d\r\nHost" % number))
            received = b""
            while not received.endswith(b"}"):
                received += client.recv(65536)

            assert b"x-request-id: own-%d\r\n" % number in received
            assert b'"request_id":"own-%d"' % number in received


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
