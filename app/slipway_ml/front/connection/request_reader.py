"""What one client sends, request by request: uvicorn's protocol with the limits that it lacks.

A head may not be too large or hold too many headers; neither may a body have too many chunks, nor what frames them be
too long. A plain request for a hot route gets a `HotCycle`; any other goes to the guard as ASGI, uvicorn's way. What is
over a limit ends in `refuse`, which is the connection's, as are the writing of answers and the end.
"""

import random
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from slipway_ml.front.connection.asgi_cycle import ClosingTransport
from slipway_ml.front.connection.heads import check_head, too_large_framing, too_large_head, without_offer
from slipway_ml.front.connection.known_head import HeadMemory, KnownHead
from slipway_ml.front.connection.limits import NO_PLACE
from slipway_ml.front.connection.read_turns import LARGE_READ, ReadTurns
from slipway_ml.front.connection.request_cycle import HotCycle, Wire
from slipway_ml.front.connection.watched_connection import NO_DEADLINE, WatchedConnection
from slipway_ml.front.exchange import Headers
from slipway_ml.front.refusals import Reason, Refused

_NOT_PLAIN = frozenset({b"expect", b"upgrade", b"content-encoding"})
_PIECE_BYTES = 8192
"""The parser is given no more at once, since it cannot be stopped in between: so many requests may wait in a pipeline,
and so many bytes of a head or of trailers may be over their limit before it is noticed."""
_CHUNK_BYTES = 16
"""Of framing are free for each chunk: the digits of its size and two line ends."""


def nothing() -> None:
    """What a cycle calls that has ended."""


class RequestReader(WatchedConnection, Wire):
    """The reading half of a connection."""

    def __init__(self, *args: Any, read_turns: ReadTurns, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = self._limits
        self._read_turns = read_turns
        self._waits_to_read = False
        self._hot: HotCycle | None = None
        """The request that is being read, where it has a hot cycle."""
        self._fed = 0
        """Bytes that the parser got since the last request began, its head was complete, or it ended."""
        self._most_framing = limits.head_bytes + _PIECE_BYTES
        self._body_left = 0
        """Bytes that are still to come of a body of known length; below zero, those that have come in chunks."""
        self._chunks = 0
        self._heads = HeadMemory()
        self._detour: Callable[[bytes], bytes] | None = None
        """Takes what comes before the parser does, and returns what is left for it."""
        self._kept = b""
        """What has come after requests that wait for their answers."""
        self._piece = 0
        """Bytes that are being parsed now."""
        self._refusal: Refused | None = None
        """Raised in one of the parser's callbacks; the last answer, once those before it are given."""
        self._asks_to_close = False
        """The client said with the request that was read last that it is its last one."""
        self._head_without_offer = b""
        # Spread, so that the connections of one burst do not all come back at once.
        self._retires_at = self.loop.time() + limits.age_seconds * random.uniform(0.8, 1.2)  # noqa: S311  # spreading needs no cryptography

    # What comes in.

    def data_received(self, data: bytes) -> None:
        if len(data) >= LARGE_READ and not self._waits_to_read:
            self._waits_to_read = True
            self.transport.pause_reading()
            self.data_received(data)
            self._read_turns.wait(self, max(self._left, self._body_left, 0))
            return
        if self._detour is not None and not (data := self._detour(data)):
            return
        begins = self._is_between
        if begins and self._heads.known is not None and self._take_known(self._heads.known, data):
            return
        if len(data) <= _PIECE_BYTES:
            self._parse(data)
        else:
            self._parse_in_pieces(memoryview(data))
        if begins and (hot := self._hot) is not None and hot.is_admitted and hot.keep_alive:
            self._heads.learn(data, hot.match, hot.exchange.raw_headers, hot.exchange.headers)

    def read_on(self) -> None:
        """It is this connection's turn to read more of a large body."""
        self._waits_to_read = False
        if not (self._lingers or self.flow.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

    def _take_known(self, known: KnownHead, data: bytes) -> bool:
        """Take a request past the parser; False where it has another head, is not alone, or comes at a bad time."""
        head = known.recognize(data)
        if head is None or not head.length or head.start + head.length < len(data):
            return False
        if not self.is_idle() or self.flow.write_paused:
            return False
        if self._guard.is_draining or self.loop.time() > self._retires_at:
            return False
        start, length = head.start, head.length
        exchange = self._guard.open("POST", head.headers, head.by_name, self._peer)
        cycle = HotCycle(self._guard, self, known.match, exchange, keep_alive=True)
        self.cycle = cycle  # type: ignore[assignment]  # it has what uvicorn looks at
        if start + length == len(data):
            self._deadline = NO_DEADLINE
            cycle.take_whole(data[start:])
        else:
            self._deadline = self.loop.time() + self._limits.body_seconds
            self._is_between = False
            self._hot = cycle
            self._left = length - (len(data) - start)
            self._detour = self._take_rest
            cycle.take_beginning(data[start:], length)
        return True

    def _take_rest(self, data: bytes) -> bytes:
        """More of a body that goes past the parser; returns what comes after it."""
        chunk = data if len(data) <= self._left else data[: self._left]
        self._left -= len(chunk)
        if self._hot is not None:
            self._hot.take(chunk)
        if not self._left:
            self._detour = None
            self.on_message_complete()
        return data[len(chunk) :]

    def _keep(self, data: bytes) -> bytes:
        """Parse later what comes after requests that wait for their answers."""
        self._kept += data
        self.flow.pause_reading()
        return b""

    def go_on(self) -> None:
        """Parse what was kept, now that no request waits any more for those before it."""
        if not self._is_over:
            self._detour = None
            kept, self._kept = self._kept, b""
            self._parse_in_pieces(memoryview(kept))

    def _parse_in_pieces(self, data: memoryview) -> None:
        while data and not self._is_over:
            if self.pipeline:
                self._detour = self._keep
                self._keep(bytes(data))
                return
            size = max(_PIECE_BYTES, self._body_left)
            self._parse(data[:size])
            data = data[size:]

    def _parse(self, piece: bytes | memoryview) -> None:
        self._fed += len(piece)
        self._piece = len(piece)
        try:
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                self._parse_without_offer(piece, upgrade.args[0])
        except httptools.HttpParserError:
            self.refuse(self._refusal or Refused(Reason.MALFORMED, "this is not a valid HTTP/1.1 request"))
        else:
            if self._fed > self._most_framing:
                self._check_framing()

    def _parse_without_offer(self, piece: bytes | memoryview, head_end: int) -> None:
        """The parser takes what follows the head for another protocol; a new one gets the head without the offer."""
        while self.parser.get_method() != b"CONNECT":
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
            self.parser.feed_data(self._head_without_offer)
            piece = piece[head_end:]
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                head_end = upgrade.args[0]
            else:
                return
        self.refuse(Refused(Reason.TUNNEL, "tunnels are not offered; send the request itself"))

    def _check_framing(self) -> None:
        """The parser holds a line back until it is complete, so what never completes is counted here."""
        if self._body_left > 0 or self._is_over:
            return
        if self._is_between:
            self.refuse(Refused(Reason.MALFORMED, "nothing but empty lines came where a request should begin"))
        elif self._in_head:
            self.refuse(too_large_head(self._limits))
        elif self._fed + self._body_left - _CHUNK_BYTES * self._chunks > self._most_framing:
            self.refuse(too_large_framing(self._limits))
        elif -self._body_left > self._limits.linger_bytes and self.is_idle():
            self.refuse(Refused(Reason.REST_TOO_LONG, "the rest of a body that was refused is too long"))

    # What the parser finds.

    def on_message_begin(self) -> None:
        if self._is_over:
            raise Refused(Reason.MALFORMED, "the connection has had its last request")
        self._is_between = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._hot = None
        self._in_head = True
        self._fed = self._piece
        self._deadline = self.loop.time() + self._limits.head_seconds

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called for each header, so it only notes and counts; the head is judged when it is complete."""
        if len(self.headers) >= self._limits.headers:  # four bytes of one take a hundred and more in memory
            reason, what = Reason.TOO_MANY_HEADERS, "headers"
            if not self._in_head:
                reason, what = Reason.FRAMING_TOO_LARGE, "trailers"
            self._refusal = Refused(reason, f"more than {self._limits.headers} {what}")
            raise self._refusal
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        headers = self.headers
        by_name = dict(headers)
        try:
            keep_alive = check_head(self.parser, self.url, headers, by_name, self._fed, self._limits)
            if self.is_reserved and not self._guard.is_for_operators(self.url):
                self._table.closes("refused")
                raise Refused(Reason.TOO_MANY_CONNECTIONS, NO_PLACE)  # noqa: TRY301  # told like what is wrong with a head
        except Refused as refusal:
            self._refusal = refusal
            raise
        self._fed = 0
        self.headers = []  # trailers come here, and are no headers
        self._body_left = int(by_name.get(b"content-length", b"0"))
        self._asks_to_close = not keep_alive
        now = self.loop.time()
        self._deadline = now + self._limits.body_seconds
        is_last = now > self._retires_at or self._guard.is_draining or self._body_left > self._limits.linger_bytes
        is_last = is_last or self.is_reserved
        match = self._guard.hot_urls.get(self.url)
        if match is None or not self._is_plain(by_name):
            if self.parser.should_upgrade():
                self._head_without_offer = without_offer(self.parser, self.url, headers)
            else:
                self._start_asgi(headers, by_name, is_last=is_last)
            return
        exchange = self._guard.open("POST", headers, by_name, self._peer)
        self._hot = HotCycle(self._guard, self, match, exchange, keep_alive=keep_alive and not is_last)
        self.cycle = self._hot  # type: ignore[assignment]  # it has what uvicorn looks at
        self._in_head = False
        self._hot.begin()

    def _is_plain(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a request for a hot route may have a cycle of our own."""
        if self.parser.get_method() != b"POST" or not _NOT_PLAIN.isdisjoint(headers):
            return False
        return self.is_idle() and not self.flow.write_paused

    def _start_asgi(self, headers: Headers, by_name: dict[bytes, bytes], *, is_last: bool) -> None:
        """Do what uvicorn does for a request; its scope is made only now, since hot cycles need none."""
        url = self.url
        super().on_message_begin()
        self.headers.extend(headers)
        self.url, self.headers = url, []
        self.expect_100_continue = (
            by_name.get(b"expect", b"").lower() == b"100-continue" and self.parser.get_http_version() != "1.0"
        )
        super().on_headers_complete()
        self.cycle.transport = ClosingTransport(self.transport, self.close)  # type: ignore[assignment]  # all it uses
        self.cycle.on_response = partial(self._end_asgi, self.cycle)
        if is_last:
            self.cycle.keep_alive = False
        self._in_head = False

    def _end_asgi(self, cycle: RequestResponseCycle) -> None:
        cycle.body.clear()  # what came of it after the answer began would stay in memory until the next request
        cycle.on_response = nothing  # else it would hold itself, and this connection, until the collector comes
        self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        self._body_left -= len(body)
        if self._hot is not None:
            self._hot.take(body)
        else:
            super().on_body(body)

    def on_chunk_header(self) -> None:
        self._chunks += 1
        if self._chunks > self._limits.chunks:
            self._refusal = Refused(Reason.TOO_MANY_CHUNKS, f"more than {self._limits.chunks} chunks")
            raise self._refusal

    def on_message_complete(self) -> None:
        if self._chunks:
            self._chunks = 0
            if len(self.headers) > self._limits.headers:
                self._refusal = Refused(Reason.FRAMING_TOO_LARGE, f"more than {self._limits.headers} trailers")
                raise self._refusal
        self._is_between = True
        self._fed = self._body_left = 0
        # Where the answer came before the end of the body, nothing but the next request is waited for.
        self._deadline = self.loop.time() + self._limits.idle_seconds if self.is_idle() else NO_DEADLINE
        if self._hot is not None:
            self._hot.finish_body()
        elif not self.parser.should_upgrade():
            super().on_message_complete()

    @abstractmethod
    def close(self) -> None:
        """Close so that the client can read what was written, even while it still sends."""
