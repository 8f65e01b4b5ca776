"""The rows of a long request, a few at a time: each piece goes through the model's schema and on into columns.

What is in memory at once is the body, the columns, which are at most four times as large, and one piece. Where
something is wrong the rest is still read, since all problems are counted and a body that is no JSON is told to be that.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import numpy as np
import orjson
from pydantic_core import from_json

from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import MalformedRequest, RequestTooLarge
from slipway_ml.protocol.json_beside import Span, read_beside
from slipway_ml.protocol.json_cuts import (
    MOST_SIGNS,
    NotJson,
    NotPlain,
    Steps,
    between_brackets,
    find_arrays,
    read_array,
)
from slipway_ml.protocol.json_values import InvalidJson, parse
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.parts import Part, PendingRows
from slipway_ml.protocol.row_problems import ProblemList, RowChecker

Charge = Callable[[int], None]
"""Counts bytes that are about to be taken; raises where they are too many."""

_START = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"instances"[ \t\n\r]*:[ \t\n\r]*\[')
_END = re.compile(rb"\][ \t\n\r]*\}[ \t\n\r]*\Z")
_LIST = re.compile(rb"[ \t\n\r]*\[")
_TAIL = 256
_OBJECTS_TIMES = 3
_MOST_PIECES = 6
"""The longest piece, in those that rows as lists begin with."""
_VALUES_AT_ONCE = 4000
"""What a piece of good rows should hold; reading them takes about a millisecond."""
_SMALLEST = 1024
_MOST_ARRAYS = 16
_TEXT_BYTES = 72
"""What a short text takes in memory, beside its place in a column."""
_MOST_TIMES = 4
_SPARE = 1024 * 1024


class Codec(Protocol):
    """What a model's row codec does for some of the rows of a request."""

    names: list[str]

    @property
    def checker(self) -> RowChecker: ...

    def read_piece(self, text: bytes, *, by_position: bool) -> list[Any] | None: ...

    def pending(self, rows: list[Any], *, by_position: bool) -> PendingRows: ...


def no_rows() -> MalformedRequest:
    """Of a body that does not have the form of a row request."""
    return MalformedRequest('the body must be {"instances": [row, …]} with at least one row and nothing else')


def too_many_rows(limits: ContentLimits) -> RequestTooLarge:
    """Of a request with more rows than one may have."""
    return RequestTooLarge(f"more than {limits.instances} instances")


def without_nan(rows: list[Any], text: bytes) -> list[Any]:
    """Rows with None for each bare NaN of the text that they were read from."""
    return [_plain_row(row) for row in rows] if b"NaN" in text else rows


def _plain_row(row: Any) -> Any:
    if type(row) is list:
        return [None if value != value else value for value in row]  # noqa: PLR0124
    if type(row) is dict:
        return {key: None if value != value else value for key, value in row.items()}  # noqa: PLR0124
    return None if row != row else row  # noqa: PLR0124


def _begins_with_list(text: bytes, start: int) -> bool:
    return _LIST.match(text, start) is not None


def plain_rows(body: bytes) -> Span | None:
    """Where the rows of a long body probably lie, which has nothing beside them; None where it has another form."""
    start, end = _START.match(body), _END.search(body, max(0, len(body) - _TAIL))
    return Span(start.end(), end.start()) if start and end else None


class RowPieces:
    """The rows of one request, as far as they were read."""

    def __init__(self, codec: Codec, size: int, charge: Charge, limits: ContentLimits, piece: int) -> None:
        self._codec = codec
        self._size = size
        self._charge = charge
        self._limits = limits
        self._piece = piece
        self._per_value = 0.0
        """Bytes of a value in the piece before; 0 where that is not known."""
        self._signs = max(MOST_SIGNS, 4 * len(codec.names))
        self.by_position: bool | None = None
        """Of the first row, which all others must follow."""
        self.problems = ProblemList(lambda: codec.checker, size)
        self._columns: dict[str, Tensor] = {}
        self._bytes = 0
        self.rows = 0
        self._most = min(limits.instances, size // (2 * len(codec.names)) + 1)
        """Rows that such a body can have room for."""

    def read(self, body: bytes) -> Steps[None]:
        """Read all rows of a body; raises MalformedRequest or RequestTooLarge."""
        plain = plain_rows(body)
        if plain is not None:
            try:
                yield from self.read_rows(body, plain)
            except NotPlain:
                self._start_again()
            else:
                return
        document, spans = yield from read_long_lists(body, 2, load=load)
        if type(document) is not dict or document.keys() != {"instances"}:
            yield from look_at(body, spans)
            raise no_rows()
        yield from self.read_found(body, document["instances"], spans)

    def read_found(self, body: bytes, rows: Any, spans: list[Span], *, is_rewritten: bool = False) -> Steps[None]:
        """Read the rows where `rows` is one of the `spans`, or the rows themselves; the others must be JSON too."""
        yield from look_at(body, [span for span in spans if span is not rows])
        if type(rows) is Span:
            yield from self.read_rows(body, rows, is_rewritten=is_rewritten)
        elif type(rows) is list:
            if is_rewritten:
                self.take_values(rows)
            else:
                self.take(rows, body)
        else:
            raise no_rows()

    def read_rows(self, body: bytes, span: Span, *, is_rewritten: bool = False) -> Steps[None]:
        """Read rows; `is_rewritten` where another parser reads them first, as it does those of a short request."""
        read = self._rewrite if is_rewritten else self._read
        if self.by_position is None:
            self.by_position = _begins_with_list(body, span.start)
        yield from read_array(body, *span, between_brackets, read, self._next_size, self._signs)

    def _next_size(self) -> int:
        """Bytes of the next piece: as many values as are read in a step, going by the piece before."""
        if self._per_value and not self.problems.total:
            return max(self._piece, min(int(self._per_value * _VALUES_AT_ONCE), self._piece * _MOST_PIECES))
        return self._piece * _OBJECTS_TIMES if self.by_position is False else self._piece

    def _start_again(self) -> None:
        self.by_position, self.rows, self._per_value = None, 0, 0.0
        self.problems = ProblemList(lambda: self._codec.checker, self._size)

    def _rewrite(self, text: bytes) -> int:
        try:
            rows = parse(text)
        except InvalidJson:
            raise NotJson from None
        return self.take_values(rows)

    def take_values(self, rows: list[Any]) -> int:
        """Rows as another parser read them."""
        return self._read(orjson.dumps(rows))

    def _read(self, text: bytes) -> int:
        if self.by_position is None:
            self.by_position = _begins_with_list(text, 1)
        if not self.problems.total:
            rows = self._codec.read_piece(text, by_position=self.by_position)
            if rows is not None:
                self._add(rows)
                self._per_value = len(text) / max(1, len(rows) * len(self._codec.names))
                return len(rows)
        try:
            rows = load(text)
        except InvalidJson:
            raise NotJson from None
        return self.take(rows, text)

    def take(self, rows: list[Any], text: bytes) -> int:
        """Rows that are not known to be good."""
        if self.by_position is None:
            self.by_position = bool(rows) and type(rows[0]) is list
        self._check_count(len(rows))
        valid = self.problems.check(without_nan(rows, text), self.rows, by_position=self.by_position)
        if valid is None or self.problems.total:
            self.rows += len(rows)
        else:
            self._add(valid)
        return len(rows)

    def _check_count(self, more: int) -> None:
        if self.rows + more > self._limits.instances:
            raise too_many_rows(self._limits)

    def _add(self, rows: list[Any]) -> None:
        count = len(rows)
        self._check_count(count)
        if not count:
            return
        tensors = self._codec.pending(rows, by_position=bool(self.by_position)).build(rows)
        size = sum([_size(tensor) for tensor in tensors.values()])
        self._bytes += size
        if self._bytes > _MOST_TIMES * self._size + _SPARE:
            raise RequestTooLarge("the texts of the rows need too much memory; send fewer rows at once")
        self._charge(size)
        first = self.rows
        self.rows += count
        for name, tensor in tensors.items():
            if name not in self._columns:
                # Memory that nothing is written to is not taken, so there may be too much of it.
                self._columns[name] = np.empty((self._most, *tensor.shape[1:]), tensor.dtype)
            self._columns[name][first : self.rows] = tensor

    def finish(self) -> tuple[Part, int]:
        """The tensors and how many rows; raises InvalidRows, or MalformedRequest where there were none."""
        if not self.rows:
            raise no_rows()
        self.problems.refuse()
        return {name: column[: self.rows] for name, column in self._columns.items()}, self.rows


def _size(tensor: Tensor) -> int:
    """Bytes of a column; texts that repeat are in memory once."""
    if not tensor.dtype.hasobject:
        return tensor.nbytes
    texts = set(tensor.ravel().tolist())
    return tensor.nbytes + len(texts) * _TEXT_BYTES + sum(map(len, texts))


def _look(text: bytes) -> int:
    """Read values that nobody wants."""
    try:
        return len(load(text))
    except InvalidJson:
        raise NotJson from None


def load(text: bytes) -> Any:
    """Values of a JSON text as rows are read, where infinities are numbers; raises InvalidJson."""
    with suppress(orjson.JSONDecodeError):  # the other parser takes infinities and NaN, and twice as long
        return orjson.loads(text)
    try:
        return from_json(text)
    except ValueError:
        raise InvalidJson from None


def look_at(body: bytes, spans: list[Span]) -> Steps[None]:
    """Raise InvalidJson unless there is JSON at all of these places, which nobody wants."""
    for span in spans:
        yield from read_array(body, *span, between_brackets, _look)


def read_long_lists(
    body: bytes,
    depth: int,
    smallest: int = _SMALLEST,
    most: int = _MOST_ARRAYS,
    load: Callable[[bytes], Any] = parse,
) -> Steps[tuple[Any, list[Span]]]:
    """A document with a span for each of its long lists of this depth, and all of the spans."""
    spans = [Span(*place) for place in (yield from find_arrays(body, depth, smallest, most))]
    return read_beside(body, spans, depth, load)[0], spans
