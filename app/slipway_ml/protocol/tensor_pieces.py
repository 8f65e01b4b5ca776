"""Long inference requests in JSON: the document is read without its tensors' data, and the data piece by piece.

Gives the document that `json_codec.read_document` gives, with an array for the `data` of each long input, so that what
is read of it is the same. In memory are the body, those arrays, which are at most four times as large, and one piece.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from simdjson import Array, Parser

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor
from slipway_ml.errors import MalformedRequest, RequestError, RequestTooLarge
from slipway_ml.protocol.json_beside import MOST_BYTES, Span, read_beside
from slipway_ml.protocol.json_codec import DATATYPES, read_shape
from slipway_ml.protocol.json_cuts import NotJson, NotPlain, Steps, any_comma, between_brackets, find_arrays, read_array
from slipway_ml.protocol.json_values import (
    DoesNotFit,
    InvalidJson,
    PiecedData,
    flatten,
    misnested,
    narrow,
    parse,
    to_array,
)
from slipway_ml.protocol.limits import MAX_RANK, ContentLimits
from slipway_ml.protocol.number_reader import OF_TYPE, NumberReader, numbers_of
from slipway_ml.protocol.row_pieces import look_at

Charge = Callable[[int], None]

_DATA = re.compile(rb'"data"[ \t\n\r]*:[ \t\n\r]*\[')
_TWO_ENDS = re.compile(rb"\][ \t\n\r]*(\])")
_DEPTH = 4
"""Of the data: in an input, in the list of inputs, in the request."""
_WINDOW = 256 * 1024
_LITTLE = 4096
_KEYS_PER_STEP = 512
_OVERLAP = 1024
"""White space that may stand between two signs which are looked for together."""
_LONGEST_OTHER = 64 * 1024
_MOST_SIGNS = 65_536
"""Of a row that lies in a list of its own."""
_TEXT_BYTES = 72
"""What a short text takes in memory, beside its place in an array."""
_MOST_WRONG_PIECES = 2
"""After so many no other is expected to hold nothing but numbers."""
_MOST_TIMES = 4
_SPARE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes: the shortest data that is read in pieces, and its pieces.

    The first one of numbers, the others, those where each row is a list, and those where not all are numbers, which
    take the longest. Last the longest body of which all is read at once, if it is hardly more than one list of numbers.
    """

    smallest: int = 1024
    first: int = 64 * 1024
    numbers: int = 128 * 1024
    nested: int = 32 * 1024
    others: int = 16 * 1024
    at_once: int = 256 * 1024


class TensorPieces:
    """Reads long requests, in one thread."""

    def __init__(self, limits: ContentLimits, sizes: Sizes = Sizes()) -> None:  # cannot be changed
        self._limits = limits
        self._sizes = sizes
        self._parser = Parser()
        self._reader = NumberReader()

    def read(self, body: bytes, charge: Charge) -> Steps[tuple[Any, bool]]:
        """The document, and whether there may be booleans in lists of it.

        Raises MalformedRequest where it is no JSON, and RequestTooLarge.
        """
        spans = yield from _likely_data(body, self._limits.inputs, self._sizes.smallest)
        if len(spans) == 1 and len(body) <= self._sizes.at_once and _is_flat(body, spans[0]):
            document = self._reader.read(body)
            if document is not None:
                return document, False
        try:
            document, _ = read_beside(body, spans, _DEPTH)
            if len(_inputs_with_spans(document)) == len(spans):
                yield from self._read_data(body, document, charge)
                return document, _has_lists(document)
        except (InvalidJson, NotPlain):
            pass
        except RequestTooLarge:
            if len(body) <= MOST_BYTES:
                raise
        places = yield from find_arrays(body, _DEPTH, self._sizes.smallest, 2 * self._limits.inputs)
        spans = [Span(*place) for place in places]
        document, _ = read_beside(body, spans, _DEPTH)
        wanted = {id(item["data"]) for item in _inputs_with_spans(document)}
        yield from look_at(body, [span for span in spans if id(span) not in wanted])
        _read_others(body, document, wanted, _DEPTH - 1)
        yield from self._read_data(body, document, charge)
        return document, _has_lists(document)

    def _read_data(self, body: bytes, document: Any, charge: Charge) -> Steps[None]:
        left = _MOST_TIMES * len(body) + _SPARE
        for item in _inputs_with_spans(document):
            name, wanted = item.get("name"), item.get("datatype")
            name = name if type(name) is str else ""
            datatype = DATATYPES.get(wanted) if type(wanted) is str else None
            try:
                count = read_shape(name, item.get("shape"), self._limits)[1]
            except RequestError:
                datatype, count = None, 0
            span = item["data"]
            is_nested = body[span.start : span.start + _OVERLAP].lstrip()[:1] == b"["
            guess = between_brackets if is_nested else any_comma
            sizes = (
                replace(self._sizes, first=self._sizes.nested, numbers=self._sizes.nested) if is_nested else self._sizes
            )
            data = _Data(name, datatype, count, span.end - span.start, self._parser, sizes, charge, left)
            yield from read_array(body, span.start, span.end, guess, data.read, data.piece, _MOST_SIGNS)
            left = data.left
            item["data"] = data.finish()
            yield None


def _likely_data(body: bytes, most: int, smallest: int) -> Steps[list[Span]]:
    """Where long data probably lies: behind its key, up to the next end."""
    spans: list[Span] = []
    position = keys = 0
    while position < len(body) and len(spans) <= most:
        keys += 1
        if keys % _KEYS_PER_STEP == 0:
            yield None
        key = _DATA.search(body, position, position + _WINDOW)
        if key is None:
            position += _WINDOW - _OVERLAP
            yield None
            continue
        position = start = key.end()
        if body[start : start + _OVERLAP].lstrip()[:1] == b"[":
            end = -1
            while end < 0 and position < len(body):
                two = _TWO_ENDS.search(body, position, position + _WINDOW)
                if two is not None:
                    end = two.start(1)
                else:
                    position += _WINDOW - _OVERLAP
                    yield None
        else:
            end = body.find(b"]", start)
        if end < 0:
            break
        if end - start >= smallest:
            spans.append(Span(start, end))
        position = end
    return spans


def _is_flat(body: bytes, span: Span) -> bool:
    """Whether a list without lists is nearly all of a body."""
    inside = span.end - span.start
    return len(body) - inside < _LITTLE and body.find(b"[", span.start, span.end) < 0


def _inputs_with_spans(document: Any) -> list[dict[str, Any]]:
    inputs = document.get("inputs") if type(document) is dict else None
    if type(inputs) is not list:
        return []
    return [item for item in inputs if type(item) is dict and type(item.get("data")) is Span]


def _has_lists(document: Any) -> bool:
    """Whether there is data that was not read in pieces."""
    inputs = document.get("inputs") if type(document) is dict else None
    if type(inputs) is not list:
        return True
    return any(type(item) is dict and type(item.get("data")) not in {np.ndarray, PiecedData} for item in inputs)


def _read_others(body: bytes, value: Any, wanted: set[int], depth: int) -> Any:
    """Put lists in the place of the spans that are nobody's data; they are JSON."""
    if type(value) is Span and id(value) not in wanted:
        if value.end - value.start > _LONGEST_OTHER:
            raise RequestTooLarge(f"a list that is no input's data is over {_LONGEST_OTHER} bytes")
        return parse(body[value.start - 1 : value.end + 1])
    if depth and type(value) is dict:
        for key in value:
            value[key] = _read_others(body, value[key], wanted, depth - 1)
    elif depth and type(value) is list:
        value[:] = [_read_others(body, item, wanted, depth - 1) for item in value]
    return value


class _Data:
    """The data of one input, as far as it was read."""

    def __init__(
        self,
        name: str,
        datatype: Datatype | None,
        count: int,
        size: int,
        parser: Parser,
        sizes: Sizes,
        charge: Charge,
        left: int,
    ) -> None:
        """For `count` elements, as the shape says, in `size` bytes of JSON, which may hold fewer."""
        self._name = name
        self._datatype = datatype
        self._wanted = 0 if datatype is None else count
        self._parser = parser
        self._sizes = sizes
        self._charge = charge
        self.left = left
        """Bytes that the request may still take."""
        self._of_type = None if datatype is None else OF_TYPE.get(datatype)
        dtype = np.dtype(np.bool_) if datatype is None else NUMPY_DTYPES[datatype]
        # An element and its comma are two bytes, so no more of them can come, whatever the shape asks for.
        room = min(self._wanted, size // 2 + 1)
        if dtype.hasobject:  # such an array is filled when it is made; others take memory as they are written to
            self._pay(room * dtype.itemsize)
        self._values: Tensor = np.empty(room, dtype)
        self._count = 0
        self._depth = 0
        self._is_plain = True
        self._is_finite = True
        self._misnested: MalformedRequest | None = None
        self._error: MalformedRequest | None = None
        self._wrong_pieces = 0
        self._size = sizes.first if self._of_type else sizes.others

    def piece(self) -> int:
        """How long the next piece may be."""
        return self._size

    def read(self, text: bytes) -> int:
        """Read a piece; raises NotJson."""
        if self._of_type is not None and self._wrong_pieces < _MOST_WRONG_PIECES:
            try:
                return self._read_numbers(self._of_type, text)
            except (ValueError, TypeError, NotPlain):
                self._wrong_pieces += 1  # something that is no number, or no JSON
        try:
            if b"NaN" in text and b'"' not in text:
                text = text.replace(b"NaN", b"null")  # without strings it can be nothing else
            values = parse(text)
        except InvalidJson:
            raise NotJson from None
        self._size = self._sizes.others
        self._is_plain = False
        self._take(values)
        return len(values)

    def _read_numbers(self, of_type: str, text: bytes) -> int:
        try:
            root: Any = self._parser.parse(text)
        except RuntimeError:  # an integer beyond 64 bits, after which the parser is of no use
            self._parser = Parser()
            raise NotPlain from None
        if type(root) is not Array:
            raise NotPlain
        numbers = numbers_of(root, of_type)
        length = len(root)
        is_flat = length == len(numbers) and text.find(b"[", 1) < 0
        if length > len(numbers):
            raise NotPlain
        if not is_flat and (text.count(b"[") != 1 + length or not all(type(row) is Array for row in root)):
            raise NotPlain
        del root
        self._size = self._sizes.numbers
        if length:
            self._go_deep(1 if is_flat else 2, len(numbers))
            self._store_numbers(numbers)
        return length

    def _take(self, values: list[Any]) -> None:
        depth, first = 1, values
        while first and type(first[0]) is list and depth <= MAX_RANK:
            depth, first = depth + 1, first[0]
        try:
            flat = flatten(self._name, values)
        except MalformedRequest as error:
            self._misnested = self._misnested or error
            return
        self._go_deep(depth, len(flat))
        if self._datatype is None or type(self._error) is MalformedRequest:
            self._count += len(flat)
            return
        if self._datatype is Datatype.BYTES:
            flat = self._share_texts(flat)
        try:
            array, is_finite = to_array(self._name, self._datatype, flat)
        except MalformedRequest as error:
            self._note(error)
            self._count += len(flat)
            return
        self._is_finite &= is_finite
        self._store(array)

    def _go_deep(self, depth: int, count: int) -> None:
        """All elements must be as deep; where there are none, that is not known."""
        if not count:
            return
        if self._depth and depth != self._depth and self._misnested is None:
            self._misnested = misnested(self._name)
        self._depth = depth

    def _share_texts(self, values: list[Any]) -> list[Any]:
        """The same texts, of which those that are equal are one in memory."""
        known: dict[Any, Any] = {}
        try:
            shared = [known.setdefault(value, value) for value in values]
        except TypeError:
            return values  # no texts, which is said elsewhere
        texts = [text for text in known if type(text) is str]
        self._pay(len(texts) * _TEXT_BYTES + sum(map(len, texts)))
        return shared

    def _store_numbers(self, numbers: Tensor) -> None:
        if self._datatype is None or type(self._error) is MalformedRequest:
            self._count += len(numbers)
            return
        try:
            array = narrow(self._name, self._datatype, numbers)
        except MalformedRequest as error:
            self._note(error)
            self._count += len(numbers)
        else:
            self._store(array)

    def _note(self, error: MalformedRequest) -> None:
        """A value of the wrong type is told before one that is only too large, wherever they stand."""
        if self._error is None or type(self._error) is DoesNotFit:
            self._error = error

    def _store(self, array: Tensor) -> None:
        end = self._count + len(array)
        if end <= len(self._values):
            if not array.dtype.hasobject:
                self._pay(array.nbytes)
            self._values[self._count : end] = array
        self._count = end

    def _pay(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise RequestTooLarge("the texts of the request need too much memory; send fewer rows at once")
        self._charge(size)

    def finish(self) -> PiecedData | Tensor:
        """What was read: numbers that are plain, or what there is to say."""
        is_good = self._misnested is None and self._error is None and self._count == self._wanted
        if is_good and self._is_plain and self._datatype is not None:
            return self._values
        return PiecedData(self._count, self._values, self._is_finite, self._misnested, self._error)
