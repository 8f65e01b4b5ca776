"""What clients read whose requests are not complete when the server has waited for them long enough."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.factories import publish
from tests.raw import connect, read_to_end, responses
from tests.server import running_server

HEAD = b"POST /predict/sum%b HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: 1000\r\n\r\n"
UNFINISHED = {
    "body": HEAD % (b"", b"") + b"{",
    "body as ASGI": HEAD % (b"?", b"") + b"{",
    "compressed body": HEAD % (b"", b"Content-Encoding: gzip\r\n") + b"\x1f\x8b",
    "chunk": b"POST /predict/sum HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    "body after 100 Continue": HEAD % (b"", b"Expect: 100-continue\r\n"),
}


def test_unfinished_requests_are_refused_when_the_server_stops(tmp_path: Path, subtests: pytest.Subtests) -> None:
    publish(tmp_path)
    with running_server(tmp_path, "--finish-seconds", "1") as server, ExitStack() as opened:
        clients = {name: opened.enter_context(connect(server)) for name in UNFINISHED}
        for name, client in clients.items():
            client.sendall(UNFINISHED[name])
        assert clients["body after 100 Continue"].recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        server.process.terminate()
        received = {name: read_to_end(client) for name, client in clients.items()}
        server.process.wait(60)

    for name, response in received.items():
        with subtests.test(name):
            assert [status for status, _ in responses(response)] == [503]
            assert b"retry-after: 1\r\n" in response
    assert server.process.returncode == 0
    assert "Traceback" not in server.log()
