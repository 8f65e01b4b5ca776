"""The head of a request: whether it is one that we read, and how it reads without an offer to change the protocol."""

from dataclasses import dataclass

import httptools

from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.exchange import Headers
from slipway_ml.front.refusals import Reason, Refused

_HEADER_OVERHEAD = 4  # ": " and the line end
_VERSIONS = frozenset({"1.0", "1.1"})
_NOT_PLAIN = frozenset({b"expect", b"upgrade", b"content-encoding"})
_OF_THE_OFFER = frozenset({b"upgrade", b"http2-settings"})


@dataclass(slots=True)
class Head:
    """A request line and its headers, whose names are in lower case; of equal ones `by_name` has the last."""

    method: bytes
    url: bytes
    version: str
    headers: Headers
    by_name: dict[bytes, bytes]
    keep_alive: bool
    """The client did not say that this request is its last."""
    length: int
    """Of the body, in bytes; 0 where it comes in chunks or not at all."""

    @property
    def is_plain(self) -> bool:
        """Whether it is that of a POST which asks for nothing but to be answered."""
        return self.method == b"POST" and _NOT_PLAIN.isdisjoint(self.by_name)


def read_head(
    parser: httptools.HttpRequestParser, url: bytes, headers: Headers, received: int, limits: ConnectionLimits
) -> Head:
    """The head that the parser has completed; raises Refused where it is not one that we read.

    `received` is at least the bytes of the head, and may count what came before it and much of a body.
    """
    if received > limits.head_bytes:
        size = sum([len(name) + len(value) + _HEADER_OVERHEAD for name, value in headers])
        if size + len(url) > limits.head_bytes:
            raise too_large_head(limits)
    if len(headers) > limits.headers:
        raise Refused(Reason.TOO_MANY_HEADERS, f"more than {limits.headers} headers")
    by_name = dict(headers)
    keep_alive: bool = parser.should_keep_alive()
    # Only version 1.1 keeps connections without a word about it, and asking for the version makes a text of it.
    version: str = "1.1" if keep_alive and b"connection" not in by_name else parser.get_http_version()
    if version not in _VERSIONS:
        raise Refused(Reason.HTTP_VERSION, "only HTTP/1.0 and HTTP/1.1 are spoken")
    if len(by_name) != len(headers) or b"host" not in by_name:
        hosts = [name for name, _ in headers].count(b"host")
        if hosts > 1 or (not hosts and version == "1.1"):
            raise Refused(Reason.HOST, "exactly one Host header is needed")
    if b"transfer-encoding" in by_name and not _is_only_chunked(headers):
        raise Refused(Reason.MALFORMED, "the only transfer coding that is read is chunked; leave others out")
    is_kept = keep_alive and version == "1.1"
    length = int(by_name.get(b"content-length", b"0"))
    return Head(parser.get_method(), url, version, headers, by_name, is_kept, length)


def _is_only_chunked(headers: Headers) -> bool:
    """The parser is content where chunked comes last, and would take the coded bytes for the body."""
    return [value.strip().lower() for name, value in headers if name == b"transfer-encoding"] == [b"chunked"]


def too_large_head(limits: ConnectionLimits) -> Refused:
    """What a head over the limit is answered."""
    return Refused(Reason.HEAD_TOO_LARGE, f"the request line and headers are over {limits.head_bytes} bytes")


def too_large_framing(limits: ConnectionLimits) -> Refused:
    """What is answered where the bytes around the chunks of a body are over the limit of a head."""
    what = "chunk sizes, chunk extensions and trailers"
    return Refused(Reason.FRAMING_TOO_LARGE, f"{what} are over {limits.head_bytes} bytes")


def without_offer(head: Head) -> bytes:
    """A head as a client sends it that does not offer another protocol."""
    lines = [b"%b %b HTTP/%b" % (head.method, head.url, head.version.encode())]
    for name, value in head.headers:
        if name == b"connection":
            options = [option.strip() for option in value.split(b",")]
            kept = b", ".join([option for option in options if option.lower() not in _OF_THE_OFFER])
            if kept:
                lines.append(b"connection: %b" % kept)
        elif name not in _OF_THE_OFFER:
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"
