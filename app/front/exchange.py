"""What passes between the guard and a hot handler: the bytes of a request, and the bytes of its answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Headers = list[tuple[bytes, bytes]]

RESPOND = "slipway.respond"
"""Name of the ASGI extension that writes a whole answer in one piece."""

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


HotHandler = Callable[[HotRequest], Awaitable[HotResponse]]
ErrorAnswer = Callable[[Exception], HotResponse]
