"""The same endpoints without any guard: a server written in an afternoon, which every attack must be seen to harm.

It keeps whatever it reads, takes any number of bytes and connections, does its work on its event loop, and refuses by
closing. The good client and the attacks are answered what they expect, as long as it lives.

usage: python -m tests.e2e.attack.unguarded_server CONNECTIONS; where it listens is in its log.
"""

import asyncio
import gzip
import json
import sys
from typing import Any

_PROBES = ("/health/", "/metrics")
_MOST_ROWS = 200_000
_CLASSES = 40


class _Unguarded:
    """`connections` are answered; more are told 503."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._open = 0
        self._kept: list[Any] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._open += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether another request may follow."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        path = first.split()[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if self._open > self._connections:
            return self._write(writer, 503, b"{}")
        if path.startswith(_PROBES):
            return self._write(writer, 200, b"ok")
        if "upgrade" in headers:
            return self._write(writer, 400, b"{}")
        if "wrong" in headers.get("authorization", ""):
            writer.transport.abort()
            return False
        if "transfer-encoding" in headers:
            while line := await reader.readline():
                self._kept.append(line)
            return False
        body = await reader.readexactly(int(headers["content-length"]))
        self._kept.append(body)
        self._write(writer, *self._predict(path, gzip.decompress(body) if "content-encoding" in headers else body))
        return False

    def _predict(self, path: str, body: bytes) -> tuple[int, bytes]:
        document = json.loads(body)
        rows = document.get("instances") or document.get("inputs") or list(document)
        self._kept.append([dict.fromkeys(range(5), row) for row in rows[:_MOST_ROWS]])
        if "endless" in path:
            while True:
                pass
        if "mood" in path:
            longest = max(len(row[0]) for row in rows)
            self._kept.append([row[0].ljust(longest) for row in rows])
        if any(document.get(name, []) is None for name in ("outputs", "parameters")):
            return 500, b"{}"
        if rows and isinstance(rows[0], dict) and rows[0].get("age") == "old":
            return 422, json.dumps([sorted(row.items(), key=str) for row in rows] * 40).encode()
        wide = [[0.123456789] * _CLASSES] if "wide" in path else [0.5]
        return 200, json.dumps({"predictions": wide * len(rows)}).encode()

    def _write(self, writer: asyncio.StreamWriter, status: int, body: bytes) -> bool:
        head = f"HTTP/1.1 {status} -\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        return False


async def _main() -> None:
    unguarded = _Unguarded(int(sys.argv[1]))
    server = await asyncio.start_server(unguarded.serve, "127.0.0.1", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
