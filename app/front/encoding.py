"""Compressed bodies: gzip and deflate (in zlib's framing), one coding at a time, in both directions.

A request is inflated under the same limit as any body, step by step, so that a small body cannot become a large one
for free. The first step and small answers are done at once, the rest in one of two threads; the event loop goes on.
"""

import asyncio
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.errors import MalformedRequest, RequestTooLarge, UnsupportedEncoding
from app.front.exchange import Headers, HotResponse

SMALLEST_COMPRESSED = 1024
"""Answers up to this many bytes are sent as they are."""

_WINDOW_BITS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
_OFFERED = (b"gzip", b"deflate")
_FIRST_STEP = 256 * 1024
_THREADS = 2  # bounds the memory of bodies that are being inflated and not counted yet
_FASTEST = 1
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
    """The coding that a client likes best for its answer; None where that is no coding at all."""
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
    """Inflates requests to at most `limit` bytes and compresses answers."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="zlib")

    async def inflate(self, body: bytes, coding: bytes) -> bytes:
        """The body without its coding; raises RequestTooLarge or MalformedRequest."""
        stream = zlib.decompressobj(_WINDOW_BITS[coding])
        most = min(_FIRST_STEP, self._limit + 1)
        start = _step(stream, body, most)
        if stream.eof or len(start) < most:
            return self._finished(stream, start)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._inflate_rest, stream, start)

    def _inflate_rest(self, stream: Any, start: bytes) -> bytes:
        rest = _step(stream, stream.unconsumed_tail, self._limit + 1 - len(start)) if len(start) <= self._limit else b""
        return self._finished(stream, start + rest)

    def _finished(self, stream: Any, inflated: bytes) -> bytes:
        if len(inflated) > self._limit:
            raise RequestTooLarge(f"the inflated body is over the limit of {self._limit} bytes")
        if not stream.eof:
            raise MalformedRequest("the compressed body is cut off")
        if stream.unused_data:
            raise MalformedRequest("the compressed body goes on after its end")
        return inflated

    async def compress(self, response: HotResponse, coding: bytes) -> None:
        """Compress the body of an answer and say so in its headers."""
        if len(response.body) <= _FIRST_STEP:
            response.body = _compress(response.body, coding)
        else:
            loop = asyncio.get_running_loop()
            response.body = await loop.run_in_executor(self._threads, _compress, response.body, coding)
        response.headers += [(b"content-encoding", coding), _VARY]


def _step(stream: Any, body: bytes, most: int) -> bytes:
    try:
        inflated: bytes = stream.decompress(body, most)
    except zlib.error:
        raise MalformedRequest("the body is not in the coding that Content-Encoding names") from None
    return inflated


def _compress(body: bytes, coding: bytes) -> bytes:
    stream = zlib.compressobj(_FASTEST, zlib.DEFLATED, _WINDOW_BITS[coding])
    return stream.compress(body) + stream.flush()
