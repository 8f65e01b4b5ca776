"""Whole answers as bytes. The lines that nearly all answers share are joined once a second, when the date changes."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from slipway_ml.front.exchange import CLOSE, JSON, JSON_ALONE, NO_SNIFFING, NO_STORE, Headers, HotResponse
from slipway_ml.front.refusals import STATUS, Refused

_LINE = b"%b: %b\r\n"
_LARGE = 64 * 1024  # bytes from which a second write costs less than a copy
_OK = int(HTTPStatus.OK)  # a member of an enumeration is looked up anew each time
_SAFE_LINES = _LINE % NO_SNIFFING + _LINE % NO_STORE


class ResponseLines:
    """One for all connections of a server."""

    def __init__(self) -> None:
        self._defaults: Headers = []
        self._date_lines = b""
        self._good_json = b""
        self._refresh([])

    def write(
        self, write: Callable[[Any], None], response: HotResponse, request_id: str, defaults: Headers, *, closes: bool
    ) -> None:
        """Write an answer; a long body is not copied once more to stand behind its head."""
        body = response.body
        if len(body) <= _LARGE:
            write(self.encode(response, request_id, defaults, closes=closes))
        else:
            write(self.encode(response, request_id, defaults, b"", closes=closes))
            write(body)

    def encode(
        self,
        response: HotResponse,
        request_id: str,
        defaults: Headers,
        body: bytes | bytearray | None = None,
        *,
        closes: bool,
    ) -> bytes:
        """An answer as it goes to the socket; `defaults` are the server's own headers, a new list when they change.

        `body` is what goes with the head where that is not all of it.
        """
        if defaults is not self._defaults:
            self._refresh(defaults)
        if response.headers is JSON_ALONE and response.status == _OK:
            lines = self._good_json
        else:
            own = b"".join([_LINE % header for header in response.headers if header != CLOSE])
            lines = b"%b%b%b%b" % (STATUS_LINE[response.status], own, _SAFE_LINES, self._date_lines)
        close = b"connection: close\r\n" if closes else b""
        return b"%b%bx-request-id: %b\r\ncontent-length: %d\r\n\r\n%b" % (  # type: ignore[str-format]  # as bytes
            lines,
            close,
            request_id.encode(),
            len(response.body),
            response.body if body is None else body,
        )

    def encode_refusal(self, refusal: Refused) -> bytes:
        """The answer to a request that never reached the application."""
        body = orjson.dumps({"error": refusal.message})
        status = STATUS[refusal.reason]
        retry = b"retry-after: 1\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else b""
        lines = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        return STATUS_LINE[status] + retry + lines + body

    def _refresh(self, defaults: Headers) -> None:
        self._defaults = defaults
        self._date_lines = b"".join([_LINE % header for header in defaults])
        self._good_json = b"%b%b%b%b" % (STATUS_LINE[_OK], _LINE % JSON, _SAFE_LINES, self._date_lines)
