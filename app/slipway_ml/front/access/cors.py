"""Cross-origin resource sharing, as the Fetch standard has it: which web pages may call the service from a browser.

A browser asks first (the preflight), and lets a page read only responses that name its origin, errors included. Pages
send their key themselves, and browsers nothing on their own, so credentials are never allowed.
"""

from slipway_ml.errors import Forbidden
from slipway_ml.front.exchange import BINARY_HEADER, HotResponse

_ANY = "*"
_METHODS = (b"access-control-allow-methods", b"GET, HEAD, POST")
_HEADERS = (
    b"access-control-allow-headers",
    b"authorization, content-encoding, content-type, x-api-key, x-request-id, %b" % BINARY_HEADER,
)
_SECONDS = (b"access-control-max-age", b"600")
_EXPOSED = (b"access-control-expose-headers", b"retry-after, x-request-id, %b" % BINARY_HEADER)
_VARY = (b"vary", b"origin")

Lines = tuple[tuple[bytes, bytes], ...]


class Cors:
    """The origins that may call; `*` among them allows every one."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._for_any: Lines = ((b"access-control-allow-origin", b"*"), _EXPOSED) if _ANY in origins else ()
        self._by_origin: dict[bytes, Lines] = {
            origin.encode(): ((b"access-control-allow-origin", origin.encode()), _EXPOSED, _VARY)
            for origin in origins
            if origin != _ANY
        }

    def allows(self, origin: bytes) -> bool:
        """Whether pages of this origin may call."""
        return bool(self._for_any) or origin in self._by_origin

    def lines(self, headers: dict[bytes, bytes]) -> Lines:
        """What the response to a request with these headers says; nothing to a page that may not read it."""
        origin = headers.get(b"origin")
        return self._for_any or (self._by_origin.get(origin, (_VARY,)) if origin is not None else (_VARY,))

    def preflight(self, method: str, headers: dict[bytes, bytes]) -> HotResponse | None:
        """The response to a browser's question, None where the request is none; raises Forbidden."""
        if method != "OPTIONS" or b"access-control-request-method" not in headers:
            return None
        if not self.allows(headers.get(b"origin", b"")):
            raise Forbidden("pages of this origin may not call; --cors-origins names those that may")
        return HotResponse(b"", 204, (_METHODS, _HEADERS, _SECONDS))
