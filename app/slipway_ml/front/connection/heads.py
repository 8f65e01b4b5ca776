"""The head of a request: whether it is one that we read, and how it reads without an offer to change the protocol."""

import httptools

from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.exchange import Headers
from slipway_ml.front.refusals import Reason, Refused

_HEADER_OVERHEAD = 4  # ": " and the line end
_VERSIONS = frozenset({"1.0", "1.1"})
_OF_THE_OFFER = frozenset({b"upgrade", b"http2-settings"})


def check_head(
    parser: httptools.HttpRequestParser,
    url: bytes,
    headers: Headers,
    by_name: dict[bytes, bytes],
    received: int,
    limits: ConnectionLimits,
) -> bool:
    """Whether the connection may be kept; raises Refused where the head is not one that we read.

    `received` is at least the bytes of the head, and may count what came before it and much of a body.
    """
    if received > limits.head_bytes:
        size = sum([len(name) + len(value) + _HEADER_OVERHEAD for name, value in headers])
        if size + len(url) > limits.head_bytes:
            raise too_large_head(limits)
    if len(headers) > limits.headers:
        raise Refused(Reason.TOO_MANY_HEADERS, f"more than {limits.headers} headers")
    keep_alive: bool = parser.should_keep_alive()
    # Only version 1.1 keeps connections without a word about it, and asking for the version makes a text of it.
    version = "1.1" if keep_alive and b"connection" not in by_name else parser.get_http_version()
    if version not in _VERSIONS:
        raise Refused(Reason.HTTP_VERSION, "only HTTP/1.0 and HTTP/1.1 are spoken")
    if len(by_name) != len(headers) or b"host" not in by_name:
        hosts = [name for name, _ in headers].count(b"host")
        if hosts > 1 or (not hosts and version == "1.1"):
            raise Refused(Reason.HOST, "exactly one Host header is needed")
    if b"transfer-encoding" in by_name and not _is_only_chunked(headers):
        raise Refused(Reason.MALFORMED, "the only transfer coding that is read is chunked; leave others out")
    return keep_alive and version == "1.1"


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


def without_offer(parser: httptools.HttpRequestParser, url: bytes, headers: Headers) -> bytes:
    """The head that was read last, as a client sends it that does not offer another protocol."""
    lines = [b"%b %b HTTP/%b" % (parser.get_method(), url, parser.get_http_version().encode())]
    for name, value in headers:
        if name == b"connection":
            options = [option.strip() for option in value.split(b",")]
            kept = b", ".join([option for option in options if option.lower() not in _OF_THE_OFFER])
            if kept:
                lines.append(b"connection: %b" % kept)
        elif name not in _OF_THE_OFFER:
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"
