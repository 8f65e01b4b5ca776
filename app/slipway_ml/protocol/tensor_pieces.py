"""Long inference requests in JSON: the document is read without its tensors' data, and the data piece by piece.

Gives the document that `json_codec.read_document` gives, with an array for the `data` of each long input, so that what
is read of it is the same. In memory are the body, those arrays, which are at most four times as large, and one piece.
"""

import re
from dataclasses import replace
from typing import Any

import numpy as np
from simdjson import Parser

from slipway_ml.errors import RequestError, RequestTooLarge
from slipway_ml.protocol.json_beside import MOST_BYTES, Span, read_beside
from slipway_ml.protocol.json_codec import DATATYPES, read_document, read_shape
from slipway_ml.protocol.json_cuts import NotPlain, Steps, any_comma, before_brackets, find_arrays, finish, read_array
from slipway_ml.protocol.json_values import InvalidJson, PiecedData, parse
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.number_reader import NumberReader
from slipway_ml.protocol.row_pieces import look_at
from slipway_ml.protocol.tensor_data import Charge, Sizes, TensorData

_DATA = re.compile(rb'"data"[ \t\n\r]*:[ \t\n\r]*\[')
_TWO_ENDS = re.compile(rb"\][ \t\n\r]*(\])")
_WORTH_A_READER = 2048
"""Bytes from which on reading numbers into arrays is quicker."""
_TEXTS = b'"BYTES"'
_DEPTH = 4
"""Of the data: in an input, in the list of inputs, in the request."""
_NO_FLAT_NUMBERS = (b"[", b'"', b"{", b"n", b"N")
_SIGNS_OF_OTHERS = (b'"', b"}")
"""Of which there is at least one where data is believed to go on after its end."""
_BETWEEN = b", \t\n\r"
_FAR = 2 * 1024 * 1024
_WINDOW = 256 * 1024
_LITTLE = 4096
_KEYS_PER_STEP = 512
_OVERLAP = 1024
"""White space that may stand between two signs which are looked for together."""
_LONGEST_OTHER = 64 * 1024
_MOST_SIGNS = 65_536
"""Of a row that lies in a list of its own."""
_MOST_TIMES = 4
_SPARE = 1024 * 1024


class _SurelyInvalidJson(InvalidJson):
    """No other guess of where the data lies would find JSON there."""


class TensorPieces:
    """Reads long requests, in one thread."""

    def __init__(self, limits: ContentLimits, sizes: Sizes = Sizes()) -> None:  # noqa: B008  # cannot be changed
        self._limits = limits
        self._sizes = sizes
        self._parser = Parser()
        self._reader = NumberReader()

    def read_at_once(self, body: bytes, charge: Charge) -> tuple[Any, bool]:
        """What `read` gives, for a body that takes no more than one step; raises what it raises.

        Where numbers were expected and something else is among them, their reader is still quicker than another parser.
        """
        if len(body) <= _WORTH_A_READER:
            return read_document(body, None)
        document = self._reader.read(body)
        if document is not None:
            return document, False
        if _TEXTS in body:
            return read_document(body, None)
        spans = finish(_likely_data(body, self._limits.inputs, self._sizes.smallest))
        return finish(self._read_in_pieces(body, spans, charge))

    def read(self, body: bytes, charge: Charge) -> Steps[tuple[Any, bool]]:
        """The document, and whether there may be booleans in lists of it.

        Raises MalformedRequest where it is no JSON, and RequestTooLarge.
        """
        spans = yield from _likely_data(body, self._limits.inputs, self._sizes.smallest)
        if len(spans) == 1 and len(body) <= self._sizes.at_once and _is_flat(body, spans[0]):
            document = self._reader.read(body)
            if document is not None:
                return document, False
        return (yield from self._read_in_pieces(body, spans, charge))

    def _read_in_pieces(self, body: bytes, spans: list[Span], charge: Charge) -> Steps[tuple[Any, bool]]:
        try:
            document, _ = read_beside(body, spans, _DEPTH)
            if len(_inputs_with_spans(document)) == len(spans):
                yield from self._read_data(body, document, charge)
                return document, _has_lists(document)
        except _SurelyInvalidJson:
            raise
        except (InvalidJson, NotPlain):
            pass
        except RequestTooLarge:
            if len(body) <= MOST_BYTES:
                raise
        if len(body) <= self._sizes.at_once and self._is_no_json(body):
            raise InvalidJson
        places = yield from find_arrays(body, _DEPTH, self._sizes.smallest, 2 * self._limits.inputs)
        spans = [Span(*place) for place in places]
        document, _ = read_beside(body, spans, _DEPTH)
        wanted = {id(item["data"]) for item in _inputs_with_spans(document)}
        yield from look_at(body, [span for span in spans if id(span) not in wanted])
        _read_others(body, document, wanted, _DEPTH - 1)
        yield from self._read_data(body, document, charge)
        return document, _has_lists(document)

    def _is_no_json(self, body: bytes) -> bool:
        """Whether that is certain: simdjson knows neither NaN nor large integers, which are good elsewhere."""
        if b"NaN" in body:
            return False
        try:
            self._parser.parse(body)
        except UnicodeDecodeError:
            return True
        except ValueError as error:
            return not str(error).startswith("NUMBER_ERROR")
        except RuntimeError:
            self._parser = Parser()
        return False

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
            beginning = body[span.start : span.start + _OVERLAP].lstrip()
            brackets = len(beginning) - len(beginning.lstrip(b"["))
            is_nested = brackets > 0
            guess = before_brackets(brackets) if is_nested else any_comma
            sizes = (
                replace(self._sizes, first=self._sizes.nested, numbers=self._sizes.nested) if is_nested else self._sizes
            )
            data = TensorData(name, datatype, count, span.end - span.start, self._parser, sizes, charge, left)
            try:
                yield from read_array(body, span.start, span.end, guess, data.read, data.piece, _MOST_SIGNS)
            except InvalidJson:
                if all(body.find(sign, span.start, span.end) < 0 for sign in _SIGNS_OF_OTHERS):
                    raise _SurelyInvalidJson from None
                raise
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
        end = yield from _end_of_numbers(body, start)
        if end < 0 and body[start : start + _OVERLAP].lstrip()[:1] == b"[":
            while end < 0 and position < len(body):
                two = _TWO_ENDS.search(body, position, position + _WINDOW)
                if two is not None:
                    end = two.start(1)
                else:
                    position += _WINDOW - _OVERLAP
                    yield None
        elif end < 0:
            end = body.find(b"]", start)
        if end < 0:
            break
        if end - start >= smallest:
            spans.append(Span(start, end))
        position = end
    return spans


def _end_of_numbers(body: bytes, start: int) -> Steps[int]:
    """The last bracket before the first sign of anything that is no number, if data ends there; -1 if it does not."""
    for position in range(start, len(body), _FAR):
        brace = body.find(b"}", position, position + _FAR)
        quote = body.find(b'"', position, position + _FAR if brace < 0 else brace)
        other = brace if quote < 0 else quote
        if other >= 0:
            end = body.rfind(b"]", max(start, other - _OVERLAP), other)
            is_end = body[end + 1 : end + _OVERLAP].lstrip(_BETWEEN)[:1] in {b'"', b"}"}
            return end if is_end else -1
        yield None
    return -1


def _is_flat(body: bytes, span: Span) -> bool:
    """Whether a list of nothing but numbers, true and false is nearly all of a body."""
    inside = span.end - span.start
    return len(body) - inside < _LITTLE and all(body.find(sign, span.start, span.end) < 0 for sign in _NO_FLAT_NUMBERS)


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
