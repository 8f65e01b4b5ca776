"""Offers to change the protocol are ignored, as HTTP allows: the request is answered as if none had been made."""

import json
from collections.abc import Iterator

import pytest

from tests.factories import publish
from tests.raw import chunked, connect, post, read_one, responses
from tests.server import Server, running_server

ROW = b'{"instances": [[1, 2, 3]]}'
SHORT, ASGI = b"/predict/sum", b"/predict/sum?"
H2C = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
H2C_AND_CLOSE = (b"Connection: close, Upgrade, HTTP2-Settings", *H2C[1:])
TWO_LINES = (b"Connection: HTTP2-Settings", b"Connection: upgrade", *H2C[1:])
WEBSOCKET = (b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
TLS = (b"Connection: Upgrade", b"Upgrade: TLS/1.0, HTTP/1.1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    models = tmp_path_factory.mktemp("models")
    publish(models)
    with running_server(models) as server:
        yield server


@pytest.mark.parametrize("path", [SHORT, ASGI])
@pytest.mark.parametrize("offer", [H2C, TWO_LINES, WEBSOCKET, TLS], ids=["h2c", "two lines", "websocket", "TLS"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_request_with_an_offer_is_answered_and_the_connection_kept(
    server: Server, path: bytes, offer: tuple[bytes, ...], *, in_chunks: bool
) -> None:
    request = chunked(path, ROW, *offer) if in_chunks else post(path, ROW, *offer)
    with connect(server) as client:
        for _ in range(3):
            client.sendall(request)
            received = read_one(client)
            ((status, body),) = responses(received)

            assert status == 200
            assert json.loads(body)["predictions"] == [{"value": 6.0}]
            assert b"connection: close" not in received
            assert b"upgrade" not in received.lower()


@pytest.mark.parametrize("path", [SHORT, ASGI])
def test_wish_to_close_stays_when_the_offer_goes(server: Server, path: bytes) -> None:
    with connect(server) as client:
        client.sendall(post(path, ROW, *H2C_AND_CLOSE))
        received = read_one(client)

        assert b"connection: close" in received
        assert client.recv(1) == b""


@pytest.mark.parametrize("path", [SHORT, ASGI])
def test_body_that_comes_later_than_the_offer_is_read(server: Server, path: bytes) -> None:
    request = post(path, ROW, *H2C)
    with connect(server) as client:
        for piece in (request[:50], request[50:-5], request[-5:]):
            client.sendall(piece)
        ((status, body),) = responses(read_one(client))

    assert status == 200
    assert b'"value":6.0' in body


def test_get_that_offers_a_websocket_is_a_get(server: Server) -> None:
    request = b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n" + b"\r\n".join(WEBSOCKET) + b"\r\n\r\n"
    with connect(server) as client:
        client.sendall(request)
        ((status, body),) = responses(read_one(client))

    assert status == 200
    assert json.loads(body)["name"] == "slipway"


def test_limits_of_a_head_hold_for_one_with_an_offer(server: Server) -> None:
    with connect(server) as client:
        client.sendall(post(SHORT, ROW, *H2C, *[b"A: 1"] * 100))
        ((status, _),) = responses(read_one(client))

    assert status == 431
