"""What never ends: heads, trailers, chunk sizes, extensions and empty lines, against the memory of the real process."""

from collections.abc import Iterator

import psutil
import pytest

from tests.factories import publish
from tests.raw import ask, connect, pour, read_to_end, responses
from tests.server import Server, running_server

MIB = 1 << 20
MOST = 24 * MIB
SHORT, ASGI = b"/predict/sum", b"/predict/sum?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    with running_server(models) as server:
        ask(server, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")  # which makes FastAPI
        yield server


def begun(path: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" % path


def of_chunks(path: bytes) -> list[tuple[str, bytes, bytes]]:
    """Floods inside a body: a name, what comes before, and what comes for ever."""
    way = "as ASGI" if path == ASGI else "on the short way"
    last = begun(path) + b"1\r\n{\r\n0\r\n"
    return [
        (f"trailers {way}", last, b"a:\r\n" * 16_384),
        (f"long trailers {way}", last, (b"a: " + b"b" * 4000 + b"\r\n") * 16),
        (f"one trailer {way}", last + b"a: ", b"b" * 65_536),
        (f"name of a trailer {way}", last, b"b" * 65_536),
        (f"extension {way}", begun(path) + b"1;", b"a" * 65_536),
        (f"extensions {way}", begun(path), (b"1;" + b"a" * 4000 + b"\r\n \r\n") * 16),
        (f"size {way}", begun(path), b"0" * 65_536),
    ]


FLOODS = [
    *of_chunks(SHORT),
    *of_chunks(ASGI),
    ("header", b"GET /v2 HTTP/1.1\r\na: ", b"b" * 65_536),
    ("headers", b"GET /v2 HTTP/1.1\r\n", b"a:\r\n" * 16_384),
    ("address", b"GET /", b"a" * 65_536),
    ("method", b"", b"A" * 65_536),
    ("empty lines", b"", b"\r\n" * 32_768),
]
GOOD = b'POST /predict/sum HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26\r\n\r\n{"instances": [[1, 2, 3]]}'


def resident(server: Server) -> int:
    return psutil.Process(server.process.pid).memory_info().rss


@pytest.mark.parametrize("before", [b"", GOOD], ids=["first", "in a pipeline"])
@pytest.mark.parametrize(("begin", "block"), [flood[1:] for flood in FLOODS], ids=[flood[0] for flood in FLOODS])
def test_flood_is_refused_within_bounded_memory(server: Server, before: bytes, begin: bytes, block: bytes) -> None:
    resting = resident(server)
    with connect(server) as client:
        client.sendall(before + begin)
        pour(client, block, MOST)
        *good, refusal = responses(read_to_end(client))

    assert refusal[0] == (431 if begin else 400)  # without a beginning it is no request at all
    assert [status for status, _ in good] == [200] * bool(before)
    assert resident(server) - resting < 16 * MIB


@pytest.mark.parametrize(
    ("flood", "words"),
    [(b"a:\r\n", b"more than 100 trailers"), (b"a", b"trailers are over 16384 bytes")],
    ids=["trailers", "one trailer"],
)
def test_flood_in_tiny_pieces_is_refused_too(server: Server, flood: bytes, words: bytes) -> None:
    with connect(server) as client:
        client.sendall(begun(SHORT) + b"1\r\n{\r\n0\r\n")
        pour(client, flood, 64 * 1024)
        ((status, body),) = responses(read_to_end(client))

    assert status == 431
    assert words in body


@pytest.mark.parametrize("path", [SHORT, ASGI])
@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 431)])
def test_hundred_trailers_are_accepted_and_one_more_is_refused(
    server: Server, path: bytes, count: int, status: int
) -> None:
    body = b'{"instances": [[1, 2, 3]]}'
    request = begun(path).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connect(server) as client:
        client.sendall(request + b"%x\r\n%b\r\n0\r\n" % (len(body), body) + b"a: 1\r\n" * count + b"\r\n")
        ((found, _),) = responses(read_to_end(client))

    assert found == status


@pytest.mark.parametrize("path", [SHORT, ASGI])
def test_trailer_is_no_header(server: Server, path: bytes) -> None:
    body = b'{"instances": [[1, 2, 3]]}'
    request = begun(path).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connect(server) as client:
        client.sendall(request + b"%x\r\n%b\r\n0\r\nX-Request-ID: trailer\r\n\r\n" % (len(body), body))
        received = read_to_end(client)

    assert received.startswith(b"HTTP/1.1 200")
    assert b"x-request-id: trailer" not in received
