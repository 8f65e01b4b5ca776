"""What passes between the guard and a hot handler: the bytes of a request, and the bytes of its response.

A handler is called with a request and a `reply`, which it calls once with the response or with what went wrong: at
once, or later from the event loop. `Exchange` is the request as the front knows it, whatever becomes of it.
"""

import collections
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

from slipway_ml.front.routes import Match

CLOSE = (b"connection", b"close")
NO_SNIFFING = (b"x-content-type-options", b"nosniff")
NO_STORE = (b"cache-control", b"no-store")

Headers = list[tuple[bytes, bytes]]

HUNG_UP = "the client has hung up"
"""The message with which a request's task is cancelled when nobody is left to read the response."""

BINARY_HEADER = b"inference-header-content-length"
"""Says how long the JSON of a body is where the bytes of tensors follow it."""

JSON: tuple[bytes, bytes] = (b"content-type", b"application/json")
JSON_ALONE: tuple[tuple[bytes, bytes], ...] = (JSON,)


class Counter(Protocol):
    """The requests of one version by one endpoint: those with predictions, and the others by reason."""

    version: str
    ok: int
    failures: collections.Counter[str]


class Memory(Protocol):
    """What requests are charged to; may be called from any thread."""

    def charge(self, request: "HotRequest", size: int) -> None: ...

    def refund(self, request: "HotRequest", size: int) -> None: ...


@dataclass(slots=True)
class HotRequest:
    """A whole request: its headers with lower-case names (the last of two that are equal), its path, its body."""

    headers: dict[bytes, bytes]
    request_id: str
    memory: Memory | None
    """None once the request has ended, and where nobody counts."""
    params: dict[str, str] = field(init=False)
    body: bytes = field(init=False)
    query: bytes = field(init=False)
    """Of a request that came as ASGI; no route that is carried otherwise asks for it."""
    is_abandoned: bool = field(init=False, default=False)
    """The client is gone: the work need not be done any more."""
    charged: int = field(init=False, default=0)
    """Bytes that are counted besides the body."""
    peer: str = field(default="", kw_only=True)
    """The address at the other end of the connection, a proxy's where there is one."""
    counter: Counter | None = field(init=False, default=None)
    """Where the request counts once it is known which version serves it."""

    def charge(self, size: int) -> None:
        """Count `size` bytes of memory that this request is about to take besides its body; for any thread.

        They are given back with `refund`, or else when the exchange ends: when its response has been taken over by the
        connection, which charges what of it waits for the client, or when the client is gone. Not worth calling for
        less than about 64 KiB. Raises RequestTooLarge where the request could never fit, and Overloaded where it does
        not fit beside the others now; nothing is counted then.
        """
        if self.memory is not None:
            self.memory.charge(self, size)

    def refund(self, size: int) -> None:
        """Give back `size` bytes of what was charged: what they were for is no longer in memory."""
        if self.memory is not None:
            self.memory.refund(self, size)


@dataclass(slots=True)
class HotResponse:
    """A whole response; JSON unless `headers` says otherwise."""

    body: bytes | bytearray
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = JSON_ALONE


@dataclass(slots=True)
class Exchange(HotRequest):
    """One request in the front; `raw_headers` are all of them, in the order they came."""

    method: str
    raw_headers: Headers
    started: float
    match: Match | None = None
    status: int = 0
    held: int = 0
    """Bytes of the body that are in memory."""
    compressed: int = 0
    """Bytes of the body as it came, where it was compressed."""
    large: int = 0
    """Bytes of body and charges that count as the caller's share; 0 while the request is small."""
    key_id: str | None = None
    """Of the key that was good for this request."""
    reason: str = ""
    """Why there is no good response, in a word."""
    caller: Hashable = None
    """Whose share that is, once somebody asks."""


Reply = Callable[[HotResponse | Exception], None]
HotHandler = Callable[[HotRequest, Reply], None]
"""May raise instead of replying; must not do both."""

ErrorResponse = Callable[[Exception], HotResponse]
