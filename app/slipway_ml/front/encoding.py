"""Compressed bodies: gzip and deflate (in zlib's framing), one coding at a time, in both directions.

A request is inflated under the same limit as any body, step by step, and charged for every step that is kept; where its
beginning promises more than the limit, it is counted before anything is kept. The first step and small responses are
done at once, the rest in one of two threads, and the event loop goes on.
"""

import asyncio
import re
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slipway_ml.errors import MalformedRequest, RequestTooLarge, UnsupportedEncoding
from slipway_ml.front.exchange import Headers, HotResponse

SMALLEST_COMPRESSED = 1024
"""Responses up to this many bytes are sent as they are."""

_WINDOW_BITS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
_GZIP = (b"gzip", b"x-gzip")
_GZIP_SIZE_BYTES = 4  # at the end of a gzip stream: how long its contents are, modulo 4 GiB (RFC 1952)
_OFFERED = (b"gzip", b"deflate")
_STEP = 256 * 1024  # bytes that are inflated or compressed on the event loop at most: about 1 ms
_SLICE = 64 * 1024  # bytes of a compressed body that zlib is given at once
_THREADS = 2  # so that one large body does not keep the next one waiting
_FASTEST = 1  # zlib's level: higher ones take three times as long for a tenth less
_WEIGHT = re.compile(rb"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*")
_VARY = (b"vary", b"accept-encoding")


def read_coding(headers: Headers) -> bytes | None:
    """The coding of a request's body, None where it has none; raises UnsupportedEncoding."""
    named = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    if all(value in {b"", b"identity"} for value in named):
        return None
    if len(named) != 1 or named[0] not in _WINDOW_BITS:
        raise UnsupportedEncoding
    return named[0]


def choose_coding(headers: Headers) -> bytes | None:
    """The coding that a client likes best for its response; None where that is no coding at all."""
    weights: dict[bytes, float] = {}
    for part in b",".join([value for name, value in headers if name == b"accept-encoding"]).split(b","):
        name, has_weight, weight = part.partition(b";")
        match = _WEIGHT.fullmatch(weight)
        weights[name.strip().lower()] = float(match[1]) if match else float(not has_weight)
    others = weights.get(b"*", 0.0)
    best = max(_OFFERED, key=lambda coding: weights.get(coding, others))
    weight_of_best = weights.get(best, others)
    return best if weight_of_best > 0 and weight_of_best >= weights.get(b"identity", 0.0) else None


class Encoder:
    """Inflates requests to at most `limit` bytes and compresses responses."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="zlib")

    async def inflate(self, body: bytes, coding: bytes, charge: Callable[[int], None] = lambda _size: None) -> bytes:
        """The body without its coding; raises RequestTooLarge or MalformedRequest, and what `charge` raises.

        `charge` is told of the bytes that are about to be taken, from a thread, and twice in the end: while the pieces
        are joined they are there beside the whole.
        """
        stream = zlib.decompressobj(_WINDOW_BITS[coding])
        start = _step(stream, body)
        if len(start) > self._limit:
            raise self._too_large()
        if stream.eof or len(start) < _STEP:
            _check_end(stream)
            return start
        is_suspicious = _STEP * len(body) / (len(body) - len(stream.unconsumed_tail)) > self._limit
        if is_suspicious and coding in _GZIP and int.from_bytes(body[-_GZIP_SIZE_BYTES:], "little") > self._limit:
            raise self._too_large()  # it says so itself, and would be broken if that were wrong
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._inflate_rest, stream, start, is_suspicious, charge)

    def _inflate_rest(self, stream: Any, start: bytes, is_suspicious: bool, charge: Callable[[int], None]) -> bytes:
        rest = stream.unconsumed_tail
        if is_suspicious:  # counted before anything is kept, in the memory of one step
            for _ in self._within_limit(len(start), _steps(stream.copy(), rest)):
                pass
        parts, size = [start], len(start)
        charge(size)
        for part in self._within_limit(size, _steps(stream, rest)):
            charge(len(part))
            parts.append(part)
            size += len(part)
        charge(size)
        return b"".join(parts)

    def _within_limit(self, size: int, steps: Iterator[bytes]) -> Iterator[bytes]:
        for part in steps:
            size += len(part)
            if size > self._limit:
                raise self._too_large()
            yield part

    def _too_large(self) -> RequestTooLarge:
        return RequestTooLarge(f"the inflated body is over the limit of {self._limit} bytes")

    async def compress(self, response: HotResponse, coding: bytes) -> None:
        """Compress the body of a response and say so in its headers."""
        if len(response.body) <= _STEP:
            response.body = _compress(response.body, coding)
        else:
            loop = asyncio.get_running_loop()
            response.body = await loop.run_in_executor(self._threads, _compress, response.body, coding)
        response.headers += ((b"content-encoding", coding), _VARY)


def _steps(stream: Any, rest: bytes) -> Iterator[bytes]:
    """What is left of a stream, in pieces of one step; fed in slices, since zlib copies what it has not read yet."""
    for first in range(0, len(rest) or 1, _SLICE):
        piece = _step(stream, rest[first : first + _SLICE])
        yield piece
        while len(piece) == _STEP and not stream.eof:
            piece = _step(stream, stream.unconsumed_tail)
            yield piece
        if stream.eof:
            _check_end(stream, more=first + _SLICE < len(rest))
            return
    _check_end(stream)


def _step(stream: Any, body: bytes) -> bytes:
    try:
        inflated: bytes = stream.decompress(body, _STEP)
    except zlib.error:
        raise MalformedRequest("the body is not in the coding that Content-Encoding names") from None
    return inflated


def _check_end(stream: Any, *, more: bool = False) -> None:
    if not stream.eof:
        raise MalformedRequest("the compressed body is cut off")
    if stream.unused_data or more:
        raise MalformedRequest("the compressed body has data after its end")


def _compress(body: bytes | bytearray, coding: bytes) -> bytes:
    stream = zlib.compressobj(_FASTEST, zlib.DEFLATED, _WINDOW_BITS[coding])
    return stream.compress(body) + stream.flush()
