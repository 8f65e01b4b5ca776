"""A head that its connection has read before, recognised by its bytes, all but the length of the body.

Clients that keep a connection mostly send the same head with every request. The parser and what follows from a head
(its route, its names, whether it is one that we read) give the same result for the same bytes, so this is remembered.
What is decided for each request is not: the key is checked anew, and so are the limits.
"""

import re
from dataclasses import dataclass

from app.front.exchange import Headers
from app.front.routes import Match

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})\r\n", re.IGNORECASE)
_MOST_DIGITS = 9
_LESSONS = 8
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class KnownHead:
    """What a head says, and the bytes around the digits that may differ; `by_name` is without the length."""

    match: Match
    headers: Headers
    by_name: dict[bytes, bytes]
    before: bytes
    after: bytes

    def measure(self, data: bytes) -> tuple[int, int]:
        """Where in `data` the body begins and how long it will be; (0, 0) where it does not begin with this head."""
        if not data.startswith(self.before):
            return 0, 0
        start = len(self.before)
        end = data.find(b"\r", start, start + _MOST_DIGITS + 1)
        digits = data[start:end]
        if end < 0 or not digits.isdigit() or not data.startswith(self.after, end):
            return 0, 0
        return end + len(self.after), int(digits)


class HeadMemory:
    """What one connection remembers: its last plain head. It gives up where heads always differ."""

    __slots__ = ("_lessons_left", "known")

    def __init__(self) -> None:
        self.known: KnownHead | None = None
        self._lessons_left = _LESSONS

    def learn(self, data: bytes, match: Match, headers: Headers, by_name: dict[bytes, bytes]) -> None:
        """Remember the head at the beginning of `data`, which has been read as `headers`, if its length is plain."""
        if not self._lessons_left:
            return
        self._lessons_left -= 1
        end = data.find(_END) + len(_END)
        lengths = list(_LENGTH.finditer(data, 0, end))
        if len(lengths) != 1 or b"content-length" not in by_name or b"transfer-encoding" in by_name:
            return
        # One line per header, the request line and the empty one: no other line ends, nor lines that go on.
        if not data.count(b"\n", 0, end) == data.count(b"\r\n", 0, end) == len(headers) + 2:
            return
        first, last = lengths[0].span(1)
        if end + int(data[first:last]) < len(data):  # what was read as `headers` may be the next request's
            return
        others = {name: value for name, value in by_name.items() if name != b"content-length"}
        self.known = KnownHead(match, headers, others, data[:first], data[last:end])
