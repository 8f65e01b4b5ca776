"""Long JSON arrays in pieces: a few values at a time, so that neither time nor memory grows with the whole.

A piece begins between two values, so its text within brackets is valid JSON exactly where it ends between two values
too, or where the document is broken. That makes the parser the judge of a place that is only guessed: where it refuses
a piece, the place is looked for sign by sign, and where it refuses that piece as well, the body is no JSON. Everything
here is a generator that is done in steps of about a millisecond.
"""

import re
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import numpy as np

from slipway_ml.errors import RequestTooLarge
from slipway_ml.protocol.json_values import InvalidJson

T = TypeVar("T")
Steps = Generator[Callable[[], Any] | None, Any, T]
"""Work in short steps: between two it yields None, or what is to be done in a thread, whose result it is sent."""

PIECE = 16 * 1024
"""Bytes of an array that are read at once."""
LONGEST_VALUE = 1024 * 1024
"""Bytes of one row, or of one element of an array that is read in pieces."""
MOST_SIGNS = 16_384
"""Brackets and commas of such a value, unless the reader wants more."""

_SCANNED = 64 * 1024
_WINDOW = 512 * 1024
_BEYOND = 2048
_SPACE = rb"[ \t\n\r]*"
_BETWEEN_BRACKETS = re.compile(rb"[\]}]" + _SPACE + rb"(,)" + _SPACE + rb"[\[{]")
_OPENING, _CLOSING, _COMMA, _QUOTE = b'{},"'
_BRACKET = ord("[")
_FOLD = 0x20
"""Makes a brace of a bracket."""


class NotJson(ValueError):
    """A piece that no parser takes: cut in the wrong place, or no JSON at all."""


class NotPlain(Exception):
    """An array does not end where it was believed to."""


class CutShorter(Exception):
    """What is in a piece takes too long for its size; the next one will be asked to be shorter."""


Read = Callable[[bytes], int]
"""Reads a piece, some of the values as a list; how many there are. Raises NotJson, and has done nothing then."""
Guess = Callable[[bytes, int, int], int]
"""A comma between two limits that is probably one between two values; -1 where there is none."""


def between_brackets(body: bytes, start: int, stop: int) -> int:
    """The comma after an array or object that another one follows."""
    found = _BETWEEN_BRACKETS.search(body, start, stop)
    return found.start(1) if found else -1


def before_brackets(count: int) -> Guess:
    """The comma before so many opening brackets, as each value begins that is like the first; else any comma."""
    beginning = b"," + b"[" * count

    def find(body: bytes, start: int, stop: int) -> int:
        found = body.find(beginning, start, stop)
        if found < 0:
            found = between_brackets(body, start, stop)
        return found if found >= 0 else any_comma(body, start, stop)

    return find


def any_comma(body: bytes, start: int, stop: int) -> int:
    """The next comma, which is right where numbers lie flat."""
    return body.find(b",", start, stop)


def read_array(
    body: bytes,
    start: int,
    stop: int,
    guess: Guess,
    read: Read,
    size: Callable[[], int] | None = None,
    most: int = MOST_SIGNS,
) -> Steps[None]:
    """Let `read` have the values in `body[start:stop]`, what stands between the brackets of an array.

    `size` says how many bytes the next piece may have, `most` how many brackets and commas one value. Where `read`
    raises CutShorter, the piece is cut anew.

    Raises what `read` raises, InvalidJson where that is no JSON, RequestTooLarge where one value is very long, and
    NotPlain where the array ends elsewhere.
    """
    position, view = start, memoryview(body)
    while True:
        piece = PIECE if size is None else size()
        if stop - position <= piece + piece // 8:
            cut = stop
        else:
            target = position + piece
            cut = guess(body, target, min(target + piece, stop))
        try:
            count = -1 if cut < 0 else read(b"".join((b"[", view[position:cut], b"]")))
        except NotJson:
            count = -1
        except CutShorter:
            continue
        if count < 0:
            cut = yield from _find_cut(body, position, position + piece, stop, most)
            try:
                count = read(b"".join((b"[", view[position:cut], b"]")))
            except NotJson:
                raise InvalidJson from None
            except CutShorter:
                continue
        if not count and (position != start or cut != stop):
            raise InvalidJson  # nothing between two commas
        if cut == stop:
            return
        position = cut + 1
        yield None


def _find_cut(body: bytes, start: int, target: int, stop: int, most: int) -> Steps[int]:
    """The first comma between two values at or after `target`, or the end of the array."""
    position, inside, depth, signs = start, False, 0, 0
    while position < len(body):
        until = target + _BEYOND if position < target else position + _SCANNED
        scan = Scan(body, position, until, inside, depth)
        ends = np.flatnonzero(scan.depths < 0)
        between = np.flatnonzero((scan.depths == 0) & (scan.signs == _COMMA) & (scan.positions >= target))
        end = int(scan.positions[ends[0]]) if len(ends) else len(body)
        comma = int(scan.positions[between[0]]) if len(between) else len(body)
        cut = min(end, comma)
        if cut < len(body):
            if cut > stop or (cut == end and cut != stop):
                raise NotPlain
            signs += int(np.searchsorted(scan.positions, cut)) - int(np.searchsorted(scan.positions, target))
            if cut - target > LONGEST_VALUE or signs > most:
                raise _too_long(most)
            return cut
        position, inside, depth = scan.end, scan.is_inside, scan.depth
        signs += len(scan.positions) - int(np.searchsorted(scan.positions, target))
        if position - target > LONGEST_VALUE or signs > most:
            raise _too_long(most)
        yield None
    raise InvalidJson


def _too_long(most: int) -> RequestTooLarge:
    return RequestTooLarge(f"one row or value is over {LONGEST_VALUE} bytes or {most} values")


class Scan:
    """The brackets and commas outside of strings in a part of a body, and how deep each is."""

    __slots__ = ("depth", "depths", "end", "is_inside", "positions", "signs")

    def __init__(self, body: bytes, start: int, stop: int, is_inside: bool, depth: int) -> None:
        """`is_inside` a string, and `depth`, say how things stand at `start`, which splits no escape."""
        text = body[start:stop]
        if text.endswith(b"\\") and (len(text) - len(text.rstrip(b"\\"))) % 2:
            text = body[start : stop + 1]
        self.end = start + len(text)
        if b"\\" in text:
            text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        read = np.frombuffer(text, np.uint8)
        inside = np.cumsum(read == _QUOTE, dtype=np.uint8) & np.uint8(1)
        if is_inside:
            inside ^= np.uint8(1)
        signs = read | np.uint8(_FOLD)
        signs[inside.view(np.bool_)] = 0
        places = np.flatnonzero((signs == _OPENING) | (signs == _CLOSING) | (signs == _COMMA))
        self.signs = signs[places]
        self.positions = places + start
        steps = (self.signs == _OPENING).view(np.int8) - (self.signs == _CLOSING).view(np.int8)
        self.depths = depth + np.cumsum(steps, dtype=np.int64)
        self.depth = int(self.depths[-1]) if len(self.depths) else depth
        self.is_inside = bool(inside[-1]) if len(inside) else is_inside


def find_arrays(body: bytes, depth: int, smallest: int, most: int) -> Steps[list[tuple[int, int]]]:
    """Where the arrays lie that are this deep and at least so long: what stands between their brackets.

    The outermost value is 1 deep. Raises RequestTooLarge where there are more than `most` of them.
    """
    found: list[tuple[int, int]] = []
    position, inside, level, start = 0, False, 0, -1
    while position < len(body):
        scan = Scan(body, position, position + _SCANNED, inside, level)
        opened = (scan.signs == _OPENING) & (scan.depths == depth)
        closed = (scan.signs == _CLOSING) & (scan.depths == depth - 1)
        places = scan.positions[opened | closed]
        if start >= 0 and len(places):
            places = np.concatenate([[start - 1], places])
        starts, ends = places[::2], places[1::2]
        long = np.flatnonzero(ends - starts[: len(ends)] > smallest)
        found += [(int(starts[i]) + 1, int(ends[i])) for i in long if body[starts[i]] == _BRACKET]
        if len(places):
            start = int(starts[-1]) + 1 if len(starts) > len(ends) else -1
        if len(found) > most:
            raise RequestTooLarge(f"more than {most} long arrays")
        position, inside, level = scan.end, scan.is_inside, scan.depth
        yield None
    return found


def contains(body: bytes, words: tuple[bytes, ...]) -> Steps[bool]:
    """Whether one of these short words is in a long body."""
    for start in range(0, len(body), _WINDOW):
        if any(body.find(word, start, start + _WINDOW + len(word)) >= 0 for word in words):
            return True
        yield None
    return False


def finish(steps: Steps[T]) -> T:
    """Do all steps at once."""
    try:
        asked = next(steps)
        while True:
            asked = steps.send(asked() if asked is not None else None)
    except StopIteration as done:
        result: T = done.value
        return result
