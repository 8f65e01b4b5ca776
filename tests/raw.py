"""A client of raw bytes, for what no HTTP library would send."""

import re
import socket
from contextlib import suppress

from tests.server import Server

Response = tuple[int, bytes]


def connect(server: Server, seconds: float = 30.0) -> socket.socket:
    """A connection without Nagle's delay, so that pieces stay pieces."""
    host, port = server.address.split(":")
    client = socket.create_connection((host, int(port)), timeout=seconds)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read_to_end(client: socket.socket) -> bytes:
    """Everything until the server closes; raises ConnectionResetError where it breaks the connection off."""
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received


def read_one(client: socket.socket) -> bytes:
    """One whole response, however many parts it comes in."""
    received = b""
    while not responses(received):
        received += client.recv(65536)
    return received


def responses(received: bytes) -> list[Response]:
    """Status and body of each whole response; all are of known length."""
    found = []
    while head := re.match(rb"HTTP/1\.1 (\d{3}) .*?\r\n\r\n", received, re.DOTALL):
        length = re.search(rb"content-length: (\d+)", head[0])
        end = head.end() + int(length[1] if length else 0)
        if end > len(received):
            break
        found.append((int(head[1]), received[head.end() : end]))
        received = received[end:]
    return found


def ask(server: Server, *pieces: bytes) -> list[Response]:
    """What is answered to these pieces until the server closes."""
    with connect(server) as client:
        for piece in pieces:
            client.sendall(piece)
        return responses(read_to_end(client))


def pour(client: socket.socket, block: bytes, most: int) -> int:
    """Send the block again and again; returns how many bytes were taken before the other side had enough."""
    sent = 0
    with suppress(OSError):
        while sent < most:
            client.sendall(block)
            sent += len(block)
    return sent


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    """A request with a body of known length."""
    lines = [b"POST %b HTTP/1.1" % path, b"Host: localhost", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(path: bytes, body: bytes, *headers: bytes, chunk: int = 7, trailers: bytes = b"") -> bytes:
    """A request with a body in chunks, each with an extension."""
    parts = [body[first : first + chunk] for first in range(0, len(body), chunk)]
    lines = [b"POST %b HTTP/1.1" % path, b"Host: localhost", *headers, b"Transfer-Encoding: chunked"]
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"\r\n".join(lines) + b"\r\n\r\n" + chunks + b"0\r\n" + trailers + b"\r\n"
