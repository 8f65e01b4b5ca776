"""A head that its connection has read before, recognised by its bytes, all but what differs from request to request.

Clients and proxies that keep a connection send the same head with every request, save for the length of the body and a
few values such as a request's id. The parser and what follows from a head (its route, its names, whether it is one that
we read) give the same result for such heads, so this is remembered. What is decided for each request is not: the key is
checked anew, and so are the limits.
"""

import re
from dataclasses import dataclass

from slipway_ml.front.exchange import BINARY_HEADER, Headers
from slipway_ml.front.routes import Match

_MOST_DIGITS = 9  # of a length: more bytes than any body may have
_MOST_VALUE_BYTES = 256  # of a value that differs: longer ones are sought in vain, which costs time
_MOST_VARYING = 4
"""Values besides the length that may differ: each costs a little, and reading a head anew about ten times as much."""
_LESSONS = 8  # heads of one connection: where they go on differing, learning costs more than it gives
_END = b"\r\n\r\n"
_LENGTH = b"content-length"
_VALUE = re.compile(rb"[!-~](?:[ -~]*[!-~])?")
"""Values on which no two readers of HTTP disagree: visible characters, and spaces between them."""
_DECIDING = frozenset(
    {
        BINARY_HEADER,
        b"connection",
        b"content-encoding",
        b"content-type",
        b"expect",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers whose value decides how a request is read; another value is another head."""


@dataclass(frozen=True, slots=True)
class RecognizedHead:
    """One request's head: its body begins at `start` and is `length` bytes long; `by_name` is without the length."""

    start: int
    length: int
    headers: Headers
    by_name: dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class KnownHead:
    """What a head says, and the bytes around the values that may differ, the body's length among them."""

    match: Match
    headers: Headers
    by_name: dict[bytes, bytes]
    before: bytes
    """The bytes up to the first value that may differ."""
    after: tuple[bytes, ...]
    """The bytes behind each of those values, up to the next."""
    varying: tuple[int, ...]
    """Where those values stand in `headers`."""
    length_at: int
    """Which of them is the length."""

    def recognize(self, data: bytes) -> RecognizedHead | None:
        """The head at the beginning of `data`; None where it is another one, or not whole."""
        if not data.startswith(self.before):
            return None
        at = len(self.before)
        values = []
        for behind in self.after:
            end = data.find(b"\r", at, at + _MOST_VALUE_BYTES + 1)
            if end < 0 or not data.startswith(behind, end):
                return None
            values.append(data[at:end])
            at = end + len(behind)
        digits = values[self.length_at]
        if not digits.isdigit() or len(digits) > _MOST_DIGITS:
            return None
        if len(values) == 1:
            return RecognizedHead(at, int(digits), self.headers, self.by_name)
        headers, by_name = self.headers.copy(), self.by_name.copy()
        for number, (place, value) in enumerate(zip(self.varying, values, strict=True)):
            if number != self.length_at:
                if not _VALUE.fullmatch(value):
                    return None
                name = headers[place][0]
                headers[place] = (name, value)
                by_name[name] = value
        return RecognizedHead(at, int(digits), headers, by_name)


class HeadMemory:
    """What one connection remembers: its last plain head. It gives up where heads differ too much or too often."""

    __slots__ = ("_lessons_left", "known")

    def __init__(self) -> None:
        self.known: KnownHead | None = None
        self._lessons_left = _LESSONS

    def learn(self, data: bytes, match: Match, headers: Headers, by_name: dict[bytes, bytes]) -> None:
        """Remember the head at the beginning of `data`, which has been read as `headers`, if it is plain.

        Where it differs from the one that was known in a few values only, those may differ from then on.
        """
        if not self._lessons_left:
            return
        self._lessons_left -= 1
        end = data.find(_END)
        lines = data[:end].split(b"\r\n")
        # One line per header behind the request line: no other line ends, nor lines that go on.
        if end < 0 or data.count(b"\n", 0, end) != len(headers) or len(lines) != len(headers) + 1:
            return
        names = [name for name, _ in headers]
        if names.count(_LENGTH) != 1 or b"transfer-encoding" in by_name:
            return
        length = by_name[_LENGTH]
        # What was read as `headers` may be the next request's.
        if not length.isdigit() or len(length) > _MOST_DIGITS or end + len(_END) + int(length) < len(data):
            return
        if all(line.endswith(value) for line, (_, value) in zip(lines[1:], headers, strict=True)):
            self.known = _known(lines, match, headers, by_name, self._differing(match, headers))

    def _differing(self, match: Match, headers: Headers) -> set[int]:
        """Which headers have another value than the known head, or may have one; none where it is another head."""
        known = self.known
        names = [name for name, _ in headers]
        if known is None or known.match is not match or [name for name, _ in known.headers] != names:
            return set()
        differing = {place for place, header in enumerate(headers) if header != known.headers[place]}
        differing.update(known.varying)
        may_differ = {names[place] for place in differing} - {_LENGTH}
        if len(may_differ) > _MOST_VARYING or not _DECIDING.isdisjoint(may_differ):
            return set()
        # Of two headers of one name the last one counts, and which that is must not depend on their values.
        return differing if all(names.count(name) == 1 for name in may_differ) else set()


def _known(
    lines: list[bytes], match: Match, headers: Headers, by_name: dict[bytes, bytes], differing: set[int]
) -> KnownHead:
    length_place = next(place for place, (name, _) in enumerate(headers) if name == _LENGTH)
    varying = sorted(differing | {length_place})
    fixed = [b""]
    for place, line in enumerate(lines):
        if place - 1 in varying:
            fixed[-1] += line[: len(line) - len(headers[place - 1][1])]
            fixed.append(b"")
        else:
            fixed[-1] += line
        fixed[-1] += b"\r\n"
    fixed[-1] += b"\r\n"
    others = {name: value for name, value in by_name.items() if name != _LENGTH}
    return KnownHead(match, headers, others, fixed[0], tuple(fixed[1:]), tuple(varying), varying.index(length_place))
