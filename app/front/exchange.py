"""What passes between the guard and a hot handler: the bytes of a request, and the bytes of its answer.

`Exchange` is what the front itself learns about one request on its way.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import Scope

from app.front.routes import Match

Headers = list[tuple[bytes, bytes]]

RESPOND = "slipway.respond"
"""Name of the ASGI extension that writes a whole answer in one piece."""

CLIENT_GONE = "the client has hung up"
"""The message with which a request's task is cancelled when nobody is left to read the answer."""

BINARY_HEADER = b"inference-header-content-length"
"""Says how long the JSON of a body is where the bytes of tensors follow it."""

JSON: tuple[bytes, bytes] = (b"content-type", b"application/json")


@dataclass(slots=True)
class HotRequest:
    """A whole request: its path parameters, its headers with lower-case names, its body."""

    params: dict[str, str]
    headers: dict[bytes, bytes]
    body: bytes
    request_id: str


@dataclass(slots=True)
class HotResponse:
    """A whole answer; JSON unless `headers` says otherwise."""

    body: bytes
    status: int = 200
    headers: Headers = field(default_factory=lambda: [JSON])


@dataclass(slots=True)
class Exchange:
    """One request in the front, whatever becomes of it."""

    scope: Scope
    request_id: str
    match: Match | None = None
    headers: dict[bytes, bytes] = field(default_factory=dict)
    status: int = 0
    held: int = 0
    """Bytes of the body that are in memory."""


HotHandler = Callable[[HotRequest], Awaitable[HotResponse]]
ErrorAnswer = Callable[[Exception], HotResponse]
