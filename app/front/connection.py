"""One client's connection: uvicorn's protocol with the limits and deadlines that it lacks.

A head may not be too large, hold too many headers or take too long; neither may a body, nor a client that does not
read its answer. Instead of a timer per request each connection keeps one deadline, and the server looks at all of
them now and then. A connection is told to close after a while, so that new replicas get their share, and while the
server drains. A plain request for a hot route gets a `HotCycle`; any other goes to the guard as ASGI, uvicorn's way.
"""

import asyncio
import math
import random
from typing import Any, NoReturn

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.front.answers import AnswerLines
from app.front.connection_limits import ConnectionLimits, Refused
from app.front.exchange import HUNG_UP, Exchange, HotResponse
from app.front.guard import Guard
from app.front.hot_cycle import HotCycle
from app.front.known_head import HeadMemory, KnownHead

_HEADER_OVERHEAD = 4  # ": " and the line end
_NO_DEADLINE = math.inf
_VERSIONS = frozenset({"1.0", "1.1"})
_NOT_PLAIN = frozenset({b"expect", b"upgrade", b"content-encoding"})


class Connection(HttpToolsProtocol):
    """The protocol that the server makes for each accepted socket."""

    def __init__(
        self, *args: Any, guard: Guard, limits: ConnectionLimits, answer_lines: AnswerLines, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard
        self._limits = limits
        self._answer_lines = answer_lines
        self._hot: HotCycle | None = None
        """The request that is being read, where it has a hot cycle."""
        self._deadline = _NO_DEADLINE
        self._write_deadline = _NO_DEADLINE
        self._in_head = True
        self._unparsed = 0
        """Bytes that came before those that are being parsed now, and may belong to the same head."""
        self._received = 0
        """Those, and the ones that are being parsed: a head cannot be larger."""
        self._chunks = 0
        self._heads = HeadMemory()
        self._is_between = True
        """The parser stands between two requests."""
        self._left = 0
        """Bytes that are still to come of a body that goes past the parser."""
        self._refusal: Refused | None = None
        self._task: asyncio.Task[None] | None = None
        # Spread, so that the connections of one burst do not all come back at once.
        self._retires_at = self.loop.time() + limits.age_seconds * random.uniform(0.8, 1.2)  # noqa: S311  # spreading needs no cryptography

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.time() + self._limits.head_seconds
        if len(self.connections) > self._limits.connections:
            self._answer(Refused(503, "too many connections; try again later"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is left to read an answer, so what was to give it is stopped, and its work leaves the queue."""
        if isinstance(self.cycle, HotCycle):
            self.cycle.abandon()
            self.cycle = None  # type: ignore[assignment]  # as uvicorn has it before the first request
        super().connection_lost(exc)
        if self._task is not None:
            self._task.cancel(HUNG_UP)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._task = self.loop.create_task(cycle.run_asgi(app))
        self._task.add_done_callback(self.tasks.discard)
        self.tasks.add(self._task)

    def data_received(self, data: bytes) -> None:
        if self._left and not (data := self._take_rest(data)):
            return
        begins = self._is_between and not self._unparsed
        if begins and self._heads.known is not None and self._take_known(self._heads.known, data):
            return
        self._received = self._unparsed + len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._answer(Refused(400, "protocol upgrades are not offered; send the request as plain HTTP/1.1"))
        except httptools.HttpParserError:
            self._answer(self._refusal or Refused(400, "this is not a valid HTTP/1.1 request"))
        else:
            self._count_unfinished_head(len(data))
            if begins and (hot := self._hot) is not None and hot.is_admitted and hot.keep_alive:
                self._heads.learn(data, hot.match, hot.exchange.raw_headers, hot.exchange.headers)

    def _take_known(self, known: KnownHead, data: bytes) -> bool:
        """Take a request past the parser; False where it has another head, is not alone, or comes at a bad time."""
        start, length = known.measure(data)
        if not length or start + length < len(data) or not self._is_idle() or self.flow.write_paused:
            return False
        if self._guard.is_draining or self.loop.time() > self._retires_at:
            return False
        exchange = self._guard.open("POST", known.headers, known.by_name)
        cycle = HotCycle(self._guard, self, known.match, exchange, keep_alive=True)
        self.cycle = cycle  # type: ignore[assignment]  # it has what uvicorn looks at
        if start + length == len(data):
            self._deadline = _NO_DEADLINE
            cycle.take_whole(data[start:])
        else:
            self._deadline = self.loop.time() + self._limits.body_seconds
            self._hot = cycle
            self._left = length - (len(data) - start)
            cycle.take_beginning(data[start:], length)
        return True

    def _take_rest(self, data: bytes) -> bytes:
        """More of a body that goes past the parser; returns what comes after it."""
        chunk = data if len(data) <= self._left else data[: self._left]
        self._left -= len(chunk)
        self.on_body(chunk)
        if not self._left:
            self.on_message_complete()
        return data[len(chunk) :]

    def _count_unfinished_head(self, received: int) -> None:
        """The parser holds a header back until it is complete, so what never completes is counted here."""
        if not self._in_head or self.transport.is_closing():
            self._unparsed = 0
            return
        self._unparsed += received
        if self._unparsed > self._limits.head_bytes:
            self._answer(self._too_large_head())

    def on_message_begin(self) -> None:
        self._is_between = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._hot = None
        self._in_head = True
        self._chunks = 0
        self._deadline = self.loop.time() + self._limits.head_seconds

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called for each header, so it only notes; the head is judged when it is complete."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unparsed = 0
        headers = dict(self.headers)
        keep_alive = self._check_head(headers)
        now = self.loop.time()
        self._deadline = now + self._limits.body_seconds
        is_last = now > self._retires_at or self._guard.is_draining
        match = self._guard.hot_urls.get(self.url)
        if match is None or not self._is_plain(headers):
            self.expect_100_continue = headers.get(b"expect", b"").lower() == b"100-continue"
            self._start_asgi()
            if is_last:
                self.cycle.keep_alive = False
            return
        exchange = self._guard.open("POST", self.headers, headers)
        self._hot = HotCycle(self._guard, self, match, exchange, keep_alive=keep_alive and not is_last)
        self.cycle = self._hot  # type: ignore[assignment]  # it has what uvicorn looks at
        self._hot.begin()

    def _is_plain(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a request for a hot route may have a cycle of our own."""
        if self.parser.get_method() != b"POST" or not _NOT_PLAIN.isdisjoint(headers):
            return False
        return self._is_idle() and not self.flow.write_paused

    def _start_asgi(self) -> None:
        """Do what uvicorn does for a request; its scope is made only now, since hot cycles need none."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._hot is not None:
            self._hot.take(body)
        else:
            super().on_body(body)

    def write_answer(self, response: HotResponse, request_id: str, *, closes: bool) -> None:
        """Write the whole answer of a hot cycle."""
        if not self.transport.is_closing():
            defaults = self.server_state.default_headers
            self._answer_lines.write(self.transport.write, response, request_id, defaults, closes=closes)
            if closes:
                self.transport.close()
        self.on_response_complete()

    def start_compressing(self, exchange: Exchange, response: HotResponse, cycle: HotCycle) -> None:
        """Compress an answer, which may need a thread, and let the cycle write it then."""

        async def compress() -> None:
            await self._guard.bodies.compress(exchange, response)
            cycle.write(response)

        task = self.loop.create_task(compress())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def on_chunk_header(self) -> None:
        self._chunks += 1
        if self._chunks > self._limits.chunks:
            self._refuse(413, f"more than {self._limits.chunks} chunks")

    def on_message_complete(self) -> None:
        self._is_between = True
        # Where the answer came before the end of the body, nothing but the next request is waited for.
        self._deadline = self.loop.time() + self._limits.idle_seconds if self._is_idle() else _NO_DEADLINE
        if self._hot is not None:
            self._hot.finish_body()
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._deadline == _NO_DEADLINE:
            self._deadline = self.loop.time() + self._limits.idle_seconds

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_deadline = self.loop.time() + self._limits.write_seconds

    def resume_writing(self) -> None:
        super().resume_writing()
        self._write_deadline = _NO_DEADLINE

    def close_if_late(self, now: float) -> None:
        """Close when a head, a body, a reader or the next request takes too long; called for every connection."""
        if now > self._write_deadline:
            self.transport.abort()
        elif now > self._deadline and not self.transport.is_closing():
            if self._is_idle() and not (self._in_head and self._unparsed):
                self.transport.close()
            else:
                self._answer(Refused(408, "the request took too long to arrive"))

    def _check_head(self, by_name: dict[bytes, bytes]) -> bool:
        """Whether the connection may be kept; raises Refused where the head is not one that we read."""
        if self._received > self._limits.head_bytes:  # what was received may be a head and much of a body
            size = sum([len(name) + len(value) + _HEADER_OVERHEAD for name, value in self.headers])
            if size + len(self.url) > self._limits.head_bytes:
                self._refusal = self._too_large_head()
                raise self._refusal
        if len(self.headers) > self._limits.headers:
            self._refuse(431, f"more than {self._limits.headers} headers")
        keep_alive: bool = self.parser.should_keep_alive()
        # Only version 1.1 keeps connections without a word about it, and asking for the version makes a text of it.
        version = "1.1" if keep_alive and b"connection" not in by_name else self.parser.get_http_version()
        if version not in _VERSIONS:
            self._refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken")
        if len(by_name) != len(self.headers) or b"host" not in by_name:
            hosts = [name for name, _ in self.headers].count(b"host")
            if hosts > 1 or (not hosts and version == "1.1"):
                self._refuse(400, "exactly one Host header is needed")
        return keep_alive and version == "1.1"

    def _too_large_head(self) -> Refused:
        return Refused(431, f"the request line and headers are over {self._limits.head_bytes} bytes")

    def _refuse(self, status: int, message: str) -> NoReturn:
        self._refusal = Refused(status, message)
        raise self._refusal

    def _is_idle(self) -> bool:
        """No request is being answered; uvicorn has no cycle before the first one."""
        cycle: HotCycle | RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _answer(self, refusal: Refused) -> None:
        """Answer a request that never reached the application, unless an answer is under way, and close."""
        if self.transport.is_closing():
            return
        if self._is_idle() or not self.cycle.response_started:
            body = orjson.dumps({"error": refusal.message})
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
            self.transport.write(STATUS_LINE[refusal.status] + head + body)
        if isinstance(self.cycle, HotCycle):
            self.cycle.abandon()
        elif not self._is_idle():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
