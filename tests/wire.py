"""Raw sockets against a server process, and what its metrics and the system say of it."""

import re
import socket
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.server import Server

ROW = b'{"instances": [[1, 2, 3]]}'
PATIENCE = 30.0
"""Seconds until a state must be reached; generous, because the machine may be busy."""


def connect(server: Server, receive_buffer: int = 0) -> socket.socket:
    """A connection, which takes few bytes that it does not read where it is given a small buffer."""
    host, port = server.address.split(":")
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(PATIENCE)
    client.connect((host, int(port)))
    return client


def post(body: bytes, *headers: bytes, path: bytes = b"/predict/sum", length: int | None = None) -> bytes:
    """A request; `length` is what it says of its body where that is not the truth."""
    said = b"Content-Length: %d" % (len(body) if length is None else length)
    return b"\r\n".join([b"POST %b HTTP/1.1" % path, b"Host: localhost", said, *headers]) + b"\r\n\r\n" + body


def rows(count: int, size: int = 0) -> bytes:
    """A body of at least so many rows of three, padded to a size in bytes, at most 100,000 of them in a row."""
    padded = size // 100_000
    lines = [b"[1, 2, 3]"] * max(count - padded, 0) + [b"[1, 2, 3".ljust(99_000) + b"]"] * padded
    return (b'{"instances": [%b]}' % b",".join(lines)).ljust(size)


def receive(client: socket.socket) -> bytes:
    """All that comes until the other side closes, or has sent what it announced."""
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
            head, end, body = received.partition(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head)
            if end and found and len(body) >= int(found[1]):
                break
    except ConnectionResetError:
        pass
    return received


def status(received: bytes) -> int:
    """The status of a response, 0 where there is none."""
    found = re.match(rb"HTTP/1\.1 (\d{3})", received)
    return int(found[1]) if found else 0


def ask(server: Server, request: bytes) -> int:
    """The status of the response to a request on a connection of its own."""
    with connect(server) as client:
        with suppress(OSError):  # what was answered before is there to be read
            client.sendall(request)
        return status(receive(client))


def get(path: bytes) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path


def metric(server: Server, sample: str) -> float:
    """The value of a sample, by its name with the labels as they are written."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=PATIENCE) as response:
        text = response.read().decode()
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def closed(server: Server, reason: str) -> float:
    """Connections that the server has closed for this reason."""
    return metric(server, f'slipway_connections_closed_total{{reason="{reason}"}}')


def until(reached: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait for a state; returns whether it was reached."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def resident_mib(server: Server) -> float:
    """What the server's process takes."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def cpu_seconds(server: Server) -> float:
    """Processor time that the server's process has used."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
