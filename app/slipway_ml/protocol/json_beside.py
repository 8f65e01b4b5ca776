"""What stands beside the long arrays of a JSON document: small, and read whole, with a `Span` in each array's place."""

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from slipway_ml.errors import RequestTooLarge
from slipway_ml.protocol.json_values import parse

MOST_BYTES = 256 * 1024
MOST_OBJECTS = 4096

_MARK = secrets.token_hex(16)
"""Begins the text that stands for an array; nobody outside can know it."""


class Span(NamedTuple):
    """Where an array lies: what stands between its brackets."""

    start: int
    end: int


def read_beside(body: bytes, spans: list[Span], depth: int, load: Callable[[bytes], Any] = parse) -> tuple[Any, int]:
    """The document with its spans, which are arrays at this depth, and how many are in it; of equal keys the last wins.

    `load` reads it. Raises MalformedRequest where that is no JSON, and RequestTooLarge where there is more beside the
    arrays than any request needs.
    """
    parts, position = [], 0
    for number, (start, end) in enumerate(spans):
        parts += [body[position : start - 1], b'"%b%d"' % (_MARK.encode(), number)]
        position = end + 1
    parts.append(body[position:])
    if sum(map(len, parts)) > MOST_BYTES or sum([part.count(b"{") for part in parts]) > MOST_OBJECTS:
        raise RequestTooLarge(
            f"what stands beside the long lists of the body is over {MOST_BYTES} bytes or {MOST_OBJECTS} objects"
        )
    places = _Places(spans)
    return places.fill(load(b"".join(parts)), depth - 1), places.found


class _Places:
    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans
        self.found = 0

    def fill(self, value: Any, depth: int) -> Any:
        """Put the spans back into a value; they are at most so deep in it."""
        if type(value) is str:
            if not value.startswith(_MARK):
                return value
            self.found += 1
            return self._spans[int(value[len(_MARK) :])]
        if depth and type(value) is dict:
            for key in value:
                value[key] = self.fill(value[key], depth - 1)
        elif depth and type(value) is list:
            value[:] = [self.fill(item, depth - 1) for item in value]
        return value
