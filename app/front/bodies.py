"""Bodies of hot requests: read within the limits, counted while in memory, inflated, and compressed on the way out."""

from dataclasses import dataclass

from starlette.types import Message, Receive

from app.errors import MalformedRequest, Overloaded, RequestTooLarge, UnsupportedBody
from app.front.encoding import SMALLEST_COMPRESSED, Encoder, choose_coding, read_coding
from app.front.exchange import BINARY_HEADER, Exchange, HotResponse


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes: the largest body, and all bodies held at once."""

    body: int
    in_flight: int


class ClientGone(Exception):
    """The client hung up before its request was complete."""


class Bodies:
    """The bodies of one process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._encoder = Encoder(limits.body)
        self._in_flight = 0

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
                chunks.append(self._take(exchange, message))
            body = b"".join(chunks)
        return body if coding is None else await self._inflate(exchange, body, coding)

    def hold(self, exchange: Exchange, size: int) -> None:
        """Count bytes of a body that are in memory now; raises RequestTooLarge or Overloaded."""
        exchange.held += size
        self._in_flight += size
        if exchange.held > self._limits.body:
            raise RequestTooLarge(f"the body is over the limit of {self._limits.body} bytes")
        if self._in_flight > self._limits.in_flight:
            raise Overloaded

    def release(self, exchange: Exchange) -> None:
        """The body is no longer in memory."""
        self._in_flight -= exchange.held

    async def compress(self, exchange: Exchange, response: HotResponse) -> None:
        """Compress an answer that is worth it, in the way that the client likes best."""
        if len(response.body) > SMALLEST_COMPRESSED and b"accept-encoding" in exchange.headers:
            wanted = choose_coding(exchange.raw_headers)
            if wanted is not None:
                await self._encoder.compress(response, wanted)

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
        inflated = await self._encoder.inflate(body, coding)
        self._in_flight -= exchange.held
        exchange.held = 0
        self.hold(exchange, len(inflated))
        return inflated
