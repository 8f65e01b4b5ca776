"""Requests as bytes, and connections that may misbehave: no HTTP library sends what these must."""

import re
import socket
from collections.abc import Sequence
from contextlib import suppress

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_CHUNK = 1 << 18

HOST = "127.0.0.1"
CLOSE = b"connection: close"


def request(path: str, body: bytes | None = None, headers: Sequence[bytes] = (), length: int | None = None) -> bytes:
    """A GET, or a POST where there is a body; `length` is announced instead of the body's own."""
    method = b"GET" if body is None else b"POST"
    lines = [b"%b %b HTTP/1.1" % (method, path.encode()), b"host: " + HOST.encode(), *headers]
    if body is not None:
        lines.append(b"content-length: %d" % (len(body) if length is None else length))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def connect(port: int, seconds: float = 10.0, receive_buffer: int = 0) -> socket.socket:
    """A connection; a small receive buffer is how a client looks that does not read."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(seconds)
    try:
        connection.connect((HOST, port))
    except OSError:
        connection.close()
        raise
    return connection


def read_to_end(connection: socket.socket, most: int = 1 << 28) -> bytes:
    """Everything until the other side closes, resets, or says nothing for as long as the connection's timeout."""
    parts, size = [], 0
    with suppress(OSError):
        while size < most and (part := connection.recv(_CHUNK)):
            parts.append(part)
            size += len(part)
    return b"".join(parts)


def statuses(received: bytes) -> list[str]:
    """The status of every response in these bytes, in order."""
    return [found.decode() for found in _STATUS.findall(received)]
