"""Requests that are sent before those before them are answered: all are answered, in order, however they are cut."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import publish, slow_signature
from tests.graphs import looping_graph
from tests.raw import ask, chunked, connect, post, read_to_end, responses
from tests.server import Server, running_server
from tests.waiting import until

SHORT, ASGI = b"/predict/sum", b"/predict/sum?"
OFFER = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
GET_LAST = b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    slow = slow_signature()
    publish(models, "loop", slow, looping_graph(slow))
    with running_server(models) as server:
        yield server


def row(value: int) -> bytes:
    return b'{"instances": [[%d, 0, 0]]}' % value


KINDS: dict[str, Callable[[int], bytes]] = {
    "short": lambda n: post(SHORT, row(n)),
    "asgi": lambda n: post(ASGI, row(n)),
    "chunks": lambda n: chunked(SHORT, row(n)),
    "chunks as ASGI": lambda n: chunked(ASGI, row(n), trailers=b"Host: other\r\n"),
    "large": lambda n: post(SHORT, row(n).ljust(30_000)),
    "large as ASGI": lambda n: post(ASGI, row(n).ljust(100_000)),
    "offer": lambda n: post(SHORT, row(n), *OFFER),
    "offer in chunks": lambda n: chunked(ASGI, row(n), *OFFER),
    "bad": lambda _: post(SHORT, b"{]"),
    "unknown": lambda n: post(b"/no/such/path", row(n)),
    "tiny": lambda _: b"GET /v2 HTTP/1.1\r\nhost:localhost\r\n\r\n",
}
STATUS = {"bad": 400, "unknown": 404}
CUTS = st.sampled_from(["whole", "bytes", "some", "lines"])


def cut(data: bytes, how: str, sizes: list[int]) -> list[bytes]:
    if how == "whole":
        return [data]
    if how == "bytes" and len(data) < 5000:
        return [data[place : place + 1] for place in range(len(data))]
    if how == "lines":
        return data.splitlines(keepends=True)
    pieces: list[bytes] = []
    while data:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def says(kind: str, number: int, body: bytes) -> bool:
    """Whether a response is the one to this request."""
    if kind in STATUS:
        return b"error" in body
    found = json.loads(body)
    return bool(found["name"] == "slipway" if kind == "tiny" else found["predictions"] == [{"value": float(number)}])


def send(client: socket.socket, pieces: list[bytes]) -> None:
    for piece in pieces:
        client.sendall(piece)


def talk(server: Server, pieces: list[bytes]) -> list[tuple[int, bytes]]:
    """What comes back while these pieces are sent: a client that only sends would make the server wait for it."""
    with connect(server) as client:
        sender = Thread(target=send, args=(client, pieces))
        sender.start()
        received = read_to_end(client)
        sender.join()
    return responses(received)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=12),
    how=CUTS,
    sizes=st.lists(st.integers(1, 9000), min_size=1, max_size=5),
)
def test_every_request_of_a_pipeline_is_answered_in_order(
    server: Server, kinds: list[str], how: str, sizes: list[int]
) -> None:
    data = b"".join(KINDS[kind](number) for number, kind in enumerate(kinds)) + GET_LAST

    *found, last = talk(server, cut(data, how, sizes))

    assert [status for status, _ in found] == [STATUS.get(kind, 200) for kind in kinds]
    assert all(says(kind, n, body) for n, (kind, (_, body)) in enumerate(zip(kinds, found, strict=True)))
    assert last[0] == 200


@pytest.mark.parametrize("kind", ["short", "asgi", "tiny"])
def test_thousand_requests_in_one_write_are_answered(server: Server, kind: str) -> None:
    data = b"".join(KINDS[kind](number) for number in range(1000)) + GET_LAST

    *found, _ = talk(server, [data])

    assert len(found) == 1000
    assert all(says(kind, number, body) for number, (_, body) in enumerate(found))


@pytest.mark.parametrize("path", [b"/predict/loop", b"/predict/loop?"])
@pytest.mark.parametrize(
    ("after", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\nA: " + b"a" * 40_000, 431),
        (chunked(SHORT, b" ").replace(b"0\r\n\r\n", b"0\r\n" + b"a: 1\r\n" * 9000), 431),
        (post(ASGI, b" ").replace(b"Content-Length: 1", b"Content-Length: 1\r\nContent-Length: 2"), 400),
    ],
    ids=["garbage", "no Host", "long head", "trailers", "two lengths"],
)
def test_refusal_comes_after_the_responses_to_the_requests_before_it(
    server: Server, path: bytes, after: bytes, status: int
) -> None:
    slow = post(path, b'{"instances": [[20000]]}')

    found = ask(server, slow + post(SHORT, row(5)) + after)

    assert [status for status, _ in found] == [200, 200, status]
    assert b'"value":20000.0' in found[0][1]


def test_request_after_the_last_one_of_a_connection_is_not_answered(server: Server) -> None:
    found = ask(server, post(SHORT, row(1), b"Connection: close") + post(SHORT, row(2)))

    assert [json.loads(body)["predictions"] for _, body in found] == [[{"value": 1.0}]]


def test_client_that_leaves_a_pipeline_unanswered_is_no_error_of_the_server(server: Server) -> None:
    def in_flight() -> int:
        metrics = ask(server, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0][1]
        found = re.search(rb"^slipway_in_flight (\d+)", metrics, re.MULTILINE)
        assert found
        return int(found[1]) - 1  # without this one

    with connect(server) as client:
        client.sendall(post(b"/predict/loop?", b'{"instances": [[1e6]]}') + post(ASGI, row(1)))
        until(lambda: in_flight() == 1)
    until(lambda: in_flight() == 0)

    assert "without starting response" not in server.log()
