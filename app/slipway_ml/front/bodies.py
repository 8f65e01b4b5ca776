"""Bodies of hot requests: read within the limits, counted while in memory, inflated, and compressed on the way out."""

from contextlib import suppress
from dataclasses import dataclass

from starlette.types import Message, Receive

from slipway_ml.errors import MalformedRequest, Overloaded, RequestTooLarge, UnsupportedBody
from slipway_ml.front.encoding import SMALLEST_COMPRESSED, Encoder, choose_coding, read_coding
from slipway_ml.front.exchange import BINARY_HEADER, Exchange, HotResponse
from slipway_ml.front.memory.budget import SMALL, MemoryBudget

_SMALLEST_PART = 4096
"""Parts of a body that are smaller are joined as they come: each has an object of its own around it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes: the largest body, and all that requests may hold at once."""

    body: int
    in_flight: int


class ClientGone(Exception):
    """The client disconnected before its request was complete."""


class Bodies:
    """The bodies of one process."""

    def __init__(self, limits: Limits, budget: MemoryBudget | None = None) -> None:
        self._limits = limits
        self._encoder = Encoder(limits.body)
        self._small = min(SMALL, limits.body)
        self.budget = budget or MemoryBudget(limits.in_flight)
        self.release = self.budget.release

    async def read(self, exchange: Exchange, receive: Receive) -> bytes:
        """The whole body, counted until it is released.

        Raises RequestTooLarge, UnsupportedBody, MalformedRequest, Overloaded or ClientGone.
        """
        self.check_head(exchange)
        coding = read_coding(exchange.raw_headers) if b"content-encoding" in exchange.headers else None
        message = await receive()
        body = self._take(exchange, message)
        if message.get("more_body", False):
            chunks = [body]
            while message.get("more_body", False):
                message = await receive()
                add_part(chunks, self._take(exchange, message))
            body = b"".join(chunks)
        return body if coding is None else await self._inflate(exchange, body, coding)

    def hold(self, exchange: Exchange, size: int) -> None:
        """Count bytes of a body that are in memory now; raises RequestTooLarge or Overloaded."""
        budget = self.budget
        exchange.held += size
        budget.held += size
        if exchange.held > self._small or budget.held > budget.room:
            if exchange.held > self._limits.body:
                raise RequestTooLarge(f"the body is over the limit of {self._limits.body} bytes")
            budget.admit(exchange, size)

    def take_response(self, exchange: Exchange, response: HotResponse) -> None:
        """Count a response that is not small in place of its request, which has done its work."""
        if len(response.body) > SMALL:
            self.budget.replace(exchange, len(response.body))

    async def compress(self, exchange: Exchange, response: HotResponse) -> None:
        """Compress a response that is worth it, in the way that the client likes best, if there is room for both."""
        size = len(response.body)
        if size <= SMALLEST_COMPRESSED or b"accept-encoding" not in exchange.headers:
            return
        wanted = choose_coding(exchange.raw_headers)
        if wanted is None:
            return
        if size <= SMALL:
            await self._encoder.compress(response, wanted)
            return
        with suppress(Overloaded, RequestTooLarge):
            exchange.charge(size)
            await self._encoder.compress(response, wanted)
            self.take_response(exchange, response)

    def check_head(self, exchange: Exchange) -> None:
        """Refuse what can be refused before the body is read."""
        headers = exchange.headers
        if headers.get(b"content-type", b"")[:10].lower() == b"multipart/":
            raise UnsupportedBody("multipart bodies are not accepted; send the JSON itself as the body")
        if BINARY_HEADER in headers and [name for name, _ in exchange.raw_headers].count(BINARY_HEADER) > 1:
            raise MalformedRequest("Inference-Header-Content-Length must be given once")
        length = headers.get(b"content-length")
        if length is not None:
            self.check_length(int(length))

    def check_length(self, length: int) -> None:
        """Refuse a body that is announced to be too long; raises RequestTooLarge."""
        if length > self._limits.body:
            raise RequestTooLarge(f"the body is over the limit of {self._limits.body} bytes")

    def _take(self, exchange: Exchange, message: Message) -> bytes:
        """A chunk of the body, once it is counted against the limits."""
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        self.hold(exchange, len(chunk))
        return chunk

    async def _inflate(self, exchange: Exchange, body: bytes, coding: bytes) -> bytes:
        """The body without its coding, which takes the place of the compressed one in the count."""
        exchange.compressed = len(body)
        inflated = await self._encoder.inflate(body, coding, exchange.charge)
        self.budget.replace(exchange, 0)
        self.hold(exchange, len(inflated))
        return inflated


def add_part(parts: list[bytes], part: bytes) -> None:
    """Put a part of a body behind those of before."""
    if parts and len(parts[-1]) + len(part) < _SMALLEST_PART:
        parts[-1] += part
    else:
        parts.append(part)
