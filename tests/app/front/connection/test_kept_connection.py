"""What a request is answered must not depend on what its connection has seen before, nor on how its bytes come."""

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.factories import publish
from tests.server import Server, running_server

ROW = b'{"instances": [[1, 2, 3]]}'
TENSOR = b'{"inputs": [{"name": "X", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}]}'
BODIES = [ROW, TENSOR, b"", b"null", b"not JSON", b"\xff", ROW * 2, b"[" * 100, ROW.ljust(3_000)]
BODIES += [ROW.replace(b"2", other) for other in (b"NaN", b"1e999", b"true", b'"2"', b"9" * 400, b"2, 3")]
BODIES += [TENSOR.replace(b"[1, 3]", other) for other in (b"[3]", b"[-1, -3]", b"[1, 3.0]", b"[4294967296, 1]")]
PATHS = [b"/predict/sum", b"/v2/models/sum/infer", b"/v1/models/sum:predict", b"/predict/sum?", b"/predict/none"]
JSON_LENGTH = b"Inference-Header-Content-Length: %d"
HEADERS: list[tuple[bytes, ...]] = [
    (),
    (b"Content-Type: application/json",),
    (b"Content-Type: multipart/form-data",),
    (b"X-Request-ID: given",),
    (b"X-Request-ID: not one of ours!",),
    (b"Content-Encoding: gzip",),
    (b"Expect: 100-continue",),
    (b"Connection: close",),
    (b"Host: y",),
    (b"X: a\r\n goes on",),
    (b"X : a",),
    (b"Transfer-Encoding: gzip",),
    (b"Content-Length: 5",),
    (JSON_LENGTH % len(TENSOR),),
    (JSON_LENGTH % -1,),
    (JSON_LENGTH % 3, JSON_LENGTH % 3),
]
HEAD = re.compile(rb"(?:HTTP/1.1 100 .*\r\n\r\n)?((?:.+\r\n)+?content-length: (\d+)\r\n(?:.+\r\n)*\r\n)")
"""Of an answer, after the word that the body may come."""


@dataclass(frozen=True)
class Request:
    """A request whose headers stand before and after the length of its body."""

    path: bytes
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    body: bytes
    in_chunks: bool = False

    def encode(self) -> bytes:
        length, body = b"Content-Length: %d" % len(self.body), self.body
        if self.in_chunks:
            length, body = b"Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.body), self.body)
        lines = [b"POST %b HTTP/1.1" % self.path, b"Host: localhost", *self.before, length, *self.after]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


plain = st.builds(Request, st.sampled_from(PATHS), st.just(()), st.just(()), st.sampled_from(BODIES))
any_headers = st.just(()) | st.sampled_from(HEADERS)
odd = st.builds(Request, st.sampled_from(PATHS[:2]), any_headers, any_headers, st.sampled_from(BODIES[:8]))
chunked = st.builds(
    Request, st.sampled_from(PATHS), any_headers, st.just(()), st.sampled_from(BODIES[:2]), st.just(True)
)
few = st.lists(plain | odd | odd | chunked, min_size=1, max_size=3)
turns = st.lists(st.tuples(st.integers(0, 2), st.none() | st.integers(1, 300)), min_size=3, max_size=8)
"""Which of a few requests is sent next, and where it is cut in two."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    with running_server(models, "--max-body-bytes", "2048") as server:
        assert b"HTTP/1.1 200 OK" in ask_alone(server, Request(PATHS[0], (), (), ROW).encode())
        yield server


def connect(server: Server) -> socket.socket:
    host, port = server.address.split(":")
    client = socket.create_connection((host, int(port)), timeout=60)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def send(client: socket.socket, data: bytes, cut: int | None = None) -> None:
    client.sendall(data[:cut])
    if cut is not None:
        time.sleep(0.001)
        client.sendall(data[cut:])


def receive(client: socket.socket, received: bytes = b"") -> tuple[list[bytes], bytes]:
    """An answer in lines, in order of name and without what differs by time or by its number; and what came after."""
    while not (head := HEAD.match(received)):
        received += client.recv(65536)
    end = head.end() + int(head[2])
    while len(received) < end:
        received += client.recv(65536)
    same = re.sub(rb"(?m)^date: .*\r\n|[0-9a-f]{12}-\d+|^content-length: .*\r\n", b"", received[head.start(1) : end])
    return sorted(same.split(b"\r\n")), received[end:]


def ask_alone(server: Server, request: bytes) -> list[bytes]:
    with connect(server) as fresh:
        send(fresh, request)
        return receive(fresh)[0]


@settings(max_examples=100, deadline=None)
@given(few, turns)
def test_answer_is_that_of_a_connection_of_its_own(
    server: Server, requests: list[Request], turns: list[tuple[int, int | None]]
) -> None:
    with connect(server) as kept:
        for number, cut in turns:
            request = requests[number % len(requests)].encode()
            wanted = ask_alone(server, request)
            send(kept, request, cut)

            assert receive(kept) == (wanted, b"")
            if b"connection: close" in wanted:
                break


@settings(max_examples=50, deadline=None)
@given(st.lists(plain | odd, min_size=2, max_size=3), st.none() | st.integers(1, 150))
def test_answers_to_requests_that_come_at_once_are_those_of_connections_of_their_own(
    server: Server, requests: list[Request], cut: int | None
) -> None:
    encoded = [request.encode() for request in requests]
    wanted = [ask_alone(server, request) for request in encoded]
    assume(not any(b"connection: close" in response for response in wanted))
    with connect(server) as kept:
        for data, responses in ((encoded[0], wanted[:1]), (b"".join(encoded), wanted), (encoded[0], wanted[:1])):
            send(kept, data, cut)
            rest = b""
            for response in responses:
                found, rest = receive(kept, rest)
                assert found == response
