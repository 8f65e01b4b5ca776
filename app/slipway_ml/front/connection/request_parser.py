"""Bytes of one client, cut into requests: httptools' parser, with the limits that it lacks.

A head may not be too large or hold too many headers; neither may a body have too many chunks, nor what frames them be
too long. A head that the connection has read before goes past the parser, and so does the body behind it.
"""

from typing import Protocol

import httptools

from slipway_ml.front.connection.heads import Head, read_head, too_large_framing, too_large_head, without_offer
from slipway_ml.front.connection.known_head import HeadMemory, KnownHead, RecognizedHead
from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.connection.state import BETWEEN, HEAD, State
from slipway_ml.front.exchange import Headers
from slipway_ml.front.refusals import Reason, Refused
from slipway_ml.front.routes import Match

_PIECE_BYTES = 8192
"""The parser is given no more at once, since it cannot be stopped in between: so many requests may wait in a pipeline,
and so many bytes of a head or of trailers may be over their limit before it is noticed."""
_CHUNK_BYTES = 16
"""Of framing are free for each chunk: the digits of its size and two line ends."""


class Requests(Protocol):
    """The connection, as its parser sees it: told of each part of a request in turn."""

    state: State

    def reads_on(self) -> bool:
        """Whether it can take another request."""
        ...

    def begin_head(self) -> None:
        """A request begins; raises Refused where the connection has had its last."""
        ...

    def begin_request(self, head: Head) -> Match | None:
        """A head is complete: the row of its request if another one may take its place unread. Raises Refused."""
        ...

    def begin_known(self, match: Match, head: RecognizedHead, body: bytes) -> bool:
        """A known head has come with its body or the beginning of it; False where it must be parsed."""
        ...

    def take(self, chunk: bytes) -> None:
        """A part of the body has come."""
        ...

    def end_request(self) -> None:
        """The body is complete, or there is none."""
        ...

    def refuse(self, refusal: Refused) -> None: ...


class RequestParser:
    """Of one connection; the methods that begin with `on` are httptools' callbacks."""

    def __init__(self, limits: ConnectionLimits, requests: Requests) -> None:
        self._limits = limits
        self._requests = requests
        self._most_framing = limits.head_bytes + _PIECE_BYTES
        self._parser = self._new_parser()
        self._heads = HeadMemory()
        self._url = b""
        self._headers: Headers = []
        """Of the head that is being read; then its trailers, which are no headers."""
        self._head: Head | None = None
        self._match: Match | None = None
        """The row of the newest request, where its head is worth remembering."""
        self._left = 0
        """Bytes that are still to come of a body of known length; below zero, those that have come in chunks."""
        self._is_past = False
        """They go past the parser."""
        self._framing = 0
        """Bytes, save for bodies, that the parser got since a request began, its head was complete, or it ended."""
        self._piece = 0
        """Bytes that are being parsed now."""
        self._chunks = 0
        self._refusal: Refused | None = None
        """Raised in one of the callbacks."""

    @property
    def left(self) -> int:
        """Bytes of a body that are known to come."""
        return max(self._left, 0)

    def feed(self, data: bytes) -> bytes | memoryview:
        """Read what has come; returns what is left of it once the connection takes no more."""
        if self._is_past and not (data := self._take_past(data)):
            return data
        begins = self._requests.state is BETWEEN
        if begins and self._heads.known is not None and self._take_known(self._heads.known, data):
            return b""
        rest: bytes | memoryview = b""
        if len(data) <= _PIECE_BYTES:
            self._parse(data)
        else:
            rest = memoryview(data)
            while rest and self._requests.reads_on():
                size = max(_PIECE_BYTES, self._left)
                self._parse(rest[:size])
                rest = rest[size:]
        if begins and self._match is not None and self._head is not None:
            self._heads.learn(data, self._match, self._head.headers, self._head.by_name)
        return rest

    def close(self) -> None:
        """Let go of the connection and of httptools' parser, which know this one."""
        del self._requests, self._parser

    def _take_known(self, known: KnownHead, data: bytes) -> bool:
        """Take a request past the parser; False where it has another head, is not alone, or comes at a bad time."""
        head = known.recognize(data)
        if head is None or not head.length:
            return False
        left = head.start + head.length - len(data)
        if left < 0 or not self._requests.begin_known(known.match, head, data[head.start :]):
            return False
        self._left, self._is_past = left, left > 0
        return True

    def _take_past(self, data: bytes) -> bytes:
        """More of a body that goes past the parser; returns what comes after it."""
        chunk = data if len(data) <= self._left else data[: self._left]
        self._left -= len(chunk)
        self._requests.take(chunk)
        if not self._left:
            self._is_past = False
            self._requests.end_request()
        return data[len(chunk) :]

    def _parse(self, piece: bytes | memoryview) -> None:
        self._framing += len(piece)
        self._piece = len(piece)
        try:
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                self._parse_without_offer(piece, upgrade.args[0])
        except httptools.HttpParserError:
            refusal = self._refusal or Refused(Reason.MALFORMED, "this is not a valid HTTP/1.1 request")
            self._requests.refuse(refusal)
        else:
            if self._framing > self._most_framing:
                self._refuse_framing()

    def _parse_without_offer(self, piece: bytes | memoryview, head_end: int) -> None:
        """The parser takes what follows the head for another protocol; a new one gets the head without the offer."""
        while self._head is not None and self._head.method != b"CONNECT":
            self._parser = self._new_parser()
            self._parser.feed_data(without_offer(self._head))
            piece = piece[head_end:]
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                head_end = upgrade.args[0]
            else:
                return
        self._requests.refuse(Refused(Reason.TUNNEL, "tunnels are not offered; send the request itself"))

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # the connection drops it by itself
        return parser

    def _refuse_framing(self) -> None:
        """The parser holds a line back until it is complete, so what never completes is counted here."""
        if self._requests.state is BETWEEN:
            message = "nothing but empty lines came where a request should begin"
            self._requests.refuse(Refused(Reason.MALFORMED, message))
        elif self._requests.state is HEAD:
            self._requests.refuse(too_large_head(self._limits))
        else:
            self._requests.refuse(too_large_framing(self._limits))

    def _noted(self, refusal: Refused) -> Refused:
        """To be raised in a callback, which ends the parsing; httptools does not tell what was raised."""
        self._refusal = refusal
        return refusal

    def on_message_begin(self) -> None:
        self._requests.begin_head()
        self._url, self._headers, self._match = b"", [], None
        self._framing = self._piece

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called for each header, so it only notes and counts; the head is judged when it is complete."""
        if len(self._headers) >= self._limits.headers:  # four bytes of one take a hundred and more in memory
            most = self._limits.headers
            if self._requests.state is HEAD:
                raise self._noted(Refused(Reason.TOO_MANY_HEADERS, f"more than {most} headers"))
            raise self._noted(Refused(Reason.FRAMING_TOO_LARGE, f"more than {most} trailers"))
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        try:
            self._head = head = read_head(self._parser, self._url, self._headers, self._framing, self._limits)
            if not self._parser.should_upgrade():
                self._match = self._requests.begin_request(head)
        except Refused as refusal:
            raise self._noted(refusal) from None
        self._framing, self._headers, self._left = 0, [], head.length

    def on_body(self, body: bytes) -> None:
        self._framing -= len(body)
        self._left -= len(body)
        self._requests.take(body)

    def on_chunk_header(self) -> None:
        self._framing -= _CHUNK_BYTES
        self._chunks += 1
        if self._chunks > self._limits.chunks:
            raise self._noted(Refused(Reason.TOO_MANY_CHUNKS, f"more than {self._limits.chunks} chunks"))

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return  # the same head comes again, without its offer
        self._framing = self._left = self._chunks = 0
        self._requests.end_request()
