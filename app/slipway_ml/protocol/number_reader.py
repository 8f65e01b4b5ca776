"""Inference requests whose numbers go from JSON text into a buffer without becoming Python objects on the way.

simdjson parses the body, and of each input's `data` it gives a buffer of doubles or integers; everything else of the
document becomes what any parser makes of it. Only plain requests are read like this. Whatever is doubtful (a null, a
bare NaN, a number beyond 64 bits, uneven nesting, a key given twice, anything that is no valid JSON) is left to the
parser that says what is wrong, so that both accept the same and say the same.
"""

from threading import get_ident
from typing import Any

import numpy as np
from simdjson import Array, Object, Parser

from slipway_ml.contract.tensors import FLOATING, Datatype, Tensor

OF_TYPE = {str(datatype): "d" for datatype in FLOATING}
OF_TYPE |= dict.fromkeys((Datatype.INT8, Datatype.INT16, Datatype.INT32, Datatype.INT64), "i")
OF_TYPE |= dict.fromkeys((Datatype.UINT8, Datatype.UINT16, Datatype.UINT32, Datatype.UINT64), "u")
_WIDE = {"d": np.dtype(np.float64), "i": np.dtype(np.int64), "u": np.dtype(np.uint64)}
_FEW = 16
_MOST_INPUTS = 256
_REQUEST_KEYS = 4
_INPUT_KEYS = 5
"""More keys than the protocol has are left to the other parser: looking one up takes as long as there are keys."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _NotPlain(Exception):
    """Left to the other parser."""


class NumberReader:
    """Reads bodies for one thread, the one that made it; any other gets a parser for one body."""

    def __init__(self) -> None:
        self._thread = get_ident()
        self._parser = Parser()

    def read(self, body: bytes) -> dict[str, Any] | None:
        """The document, with an array of 64-bit numbers for the `data` of each input that has numbers.

        None where the request is not a plain one.
        """
        try:
            parser = self._parser if get_ident() == self._thread else Parser()
            return _read(parser, body)
        except (ValueError, TypeError, KeyError, _NotPlain):
            return None
        except RuntimeError:  # something still holds a part of an earlier document
            self._parser = Parser()
            return None


def _read(parser: Parser, body: bytes) -> dict[str, Any]:
    root: Any = parser.parse(body)
    if type(root) is not Object or body.startswith(_BYTE_ORDER_MARK):
        raise _NotPlain
    document = _members(root, _REQUEST_KEYS)
    inputs = document["inputs"]
    if type(inputs) is not Array or len(inputs) > _MOST_INPUTS:
        raise _NotPlain
    brackets = 1
    read = []
    for item in inputs:
        tensor, used = _read_input(item)
        read.append(tensor)
        brackets += used
    for key, value in document.items():
        if key == "outputs" and type(value) is Array:
            document[key] = value.as_list()
            brackets += 1
        elif key != "inputs":
            document[key] = _plain(value)
    # A bracket that is not accounted for is nesting that has not been looked at, or stands in a name.
    if not _has_only(brackets, body):
        raise _NotPlain
    document["inputs"] = read
    return document


def _read_input(item: Any) -> tuple[dict[str, Any], int]:
    """One input with its numbers, and how many brackets its arrays have."""
    if type(item) is not Object:
        raise _NotPlain
    tensor = _members(item, _INPUT_KEYS)
    shape, data = tensor.pop("shape"), tensor.pop("data")
    if type(shape) is not Array or type(data) is not Array:
        raise _NotPlain
    of_type = OF_TYPE[tensor["datatype"]]
    for key, value in tensor.items():
        tensor[key] = _plain(value)
    tensor["shape"] = shape.as_list()
    tensor["data"] = numbers = numbers_of(data, of_type)
    rows = len(data)
    if rows == len(numbers):
        return tensor, 2
    if rows > len(numbers) or not all(type(row) is Array for row in data):
        raise _NotPlain
    return tensor, 2 + rows


def numbers_of(data: Any, of_type: str) -> Tensor:
    """The elements of one of simdjson's arrays, nested or flat; raises TypeError or ValueError."""
    return np.frombuffer(data.as_buffer(of_type=of_type), _WIDE[of_type])


def _has_only(brackets: int, body: bytes) -> bool:
    """Whether a body has no more opening brackets than these; finding a few is ten times as fast as counting all."""
    if brackets > _FEW:
        return body.count(b"[") == brackets
    place = -1
    for _ in range(brackets):
        place = body.find(b"[", place + 1)
    return body.find(b"[", place + 1) < 0


def _members(item: Any, most: int) -> dict[str, Any]:
    """What an object holds, each part of it still the parser's."""
    keys = list(item) if len(item) <= most else ()
    if not keys or len(set(keys)) != len(keys):
        raise _NotPlain
    return {key: item[key] for key in keys}


def _plain(value: Any) -> Any:
    """A value as any parser makes it, since nothing of this one may be kept; a list is not expected here."""
    if type(value) is Array:
        raise _NotPlain
    return value.as_dict() if type(value) is Object else value
