"""JSON text to Python values, and lists of values to arrays, strictly: no text becomes a number and no number text.

orjson reads nearly every body. It refuses the bare `NaN` that the best known client writes for a missing value, so a
body it refuses is read once more by the tolerant standard parser, with NaN as None and infinities refused.
"""

import json
from array import array
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from math import isinf, nan
from typing import Any

import numpy as np
import orjson

from slipway_ml.contract.tensors import FLOATING, NUMPY_DTYPES, Datatype, Tensor
from slipway_ml.errors import MalformedRequest
from slipway_ml.protocol.limits import MAX_DEPTH, MAX_RANK

_SHOWN_CHARACTERS = 64
_LONGEST_INTEGER = 20
_NUMBERS = frozenset({float, int})
_NUMBERS_OR_NULL = frozenset({float, int, type(None)})
_SIGNED = frozenset({Datatype.INT8, Datatype.INT16, Datatype.INT32, Datatype.INT64})


class InvalidJson(MalformedRequest):
    """The text is no JSON, or more than we take for it."""

    def __init__(self) -> None:
        super().__init__("the body is not valid JSON")


class DoesNotFit(MalformedRequest):
    """A number of the right kind that is too large for its datatype."""


def parse(body: bytes) -> Any:
    """Python values of a JSON body, the last of two equal keys winning; raises MalformedRequest."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_tolerantly(body)


def _parse_tolerantly(body: bytes) -> Any:
    if b"NaN" not in body:
        raise InvalidJson
    if _is_beside_text(body, b"NaN"):
        with suppress(orjson.JSONDecodeError):  # which the other parser has more to say about
            return orjson.loads(body.replace(b"NaN", b"null"))
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_constant, parse_float=_finite, parse_int=_integer)
        # What orjson cannot write it would not have read either: lone surrogates.
        orjson.dumps(document)
    except (ValueError, RecursionError, TypeError):
        raise InvalidJson from None
    return document


def _is_beside_text(body: bytes, word: bytes) -> bool:
    """Whether it is certain that a word that is in a body is in none of its strings."""
    first = body.find(word)
    quote = body.find(b'"', first)
    return (quote < 0 or body.rfind(word) < quote) and b"\\" not in body[:first] and body.count(b'"', 0, first) % 2 == 0


def _constant(name: str) -> None:
    if name != "NaN":
        raise MalformedRequest("the body holds an infinity; only finite numbers are accepted")


def _integer(text: str) -> int | float:
    """As orjson reads it: one beyond 64 bits is a double."""
    if len(text) <= _LONGEST_INTEGER and -(2**63) <= (number := int(text)) < 2**64:
        return number
    double = float(text)
    if isinf(double):
        raise InvalidJson
    return double


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise MalformedRequest("the body holds a number too large for a double")
    return number


def shown(name: str) -> str:
    """A name as a message repeats it: escaped, and cut so that the message stays short."""
    return repr(name[:_SHOWN_CHARACTERS])


def refuse_deep(value: Any, depth: int) -> None:
    """Raise MalformedRequest where a value that lies at this depth nests beyond MAX_DEPTH.

    For what a request may hold without being read; what is read is bounded by what it must look like.
    """
    level = [value]
    while level := [item for item in level if type(item) in {dict, list}]:
        depth += 1
        if depth > MAX_DEPTH:
            raise MalformedRequest(f"the body is nested deeper than {MAX_DEPTH}")
        level = [inner for item in level for inner in (item.values() if type(item) is dict else item)]


def flatten(name: str, data: list[Any]) -> tuple[list[Any], int]:
    """The elements of a nested or flat list in row-major order, and how deep they are.

    Raises MalformedRequest where elements come after lists; lists that come after elements are left among them.
    """
    for depth in range(1, MAX_RANK + 1):
        if not data or type(data[0]) is not list:
            return data, depth
        if set(map(type, data)) != {list}:
            break
        data = list(chain.from_iterable(data))
    raise misnested(name)


def misnested(name: str) -> MalformedRequest:
    """Of data whose elements are not all as deep, or too deep."""
    return MalformedRequest(f"input {shown(name)}: 'data' mixes nesting levels or is nested deeper than {MAX_RANK}")


def check_count(name: str, count: int, wanted: int) -> None:
    """Raise MalformedRequest where the data has other elements than its shape asks for."""
    if count != wanted:
        raise MalformedRequest(f"input {shown(name)}: 'data' has {count} elements, 'shape' asks for {wanted}")


@dataclass(slots=True)
class PiecedData:
    """An input's elements that were read in pieces: how many, an array of them where they are good, and what is wrong.

    `values` may be longer than `count` where that is not what the shape asks for.
    """

    count: int
    values: Tensor
    is_finite: bool
    misnested: MalformedRequest | None
    error: MalformedRequest | None

    def tensor(self, name: str, wanted: int) -> Tensor:
        """The flat array; raises MalformedRequest for what is wrong, in the order that one looks for it in a list."""
        if self.misnested is not None:
            raise self.misnested
        check_count(name, self.count, wanted)
        if self.error is not None:
            raise self.error
        return self.values


def to_array(name: str, datatype: Datatype, values: list[Any], *, has_booleans: bool = True) -> tuple[Tensor, bool]:
    """A flat array of a datatype from JSON values, and whether all of them are known to be finite numbers.

    `has_booleans` off says that no value is true or false, which would pass for 1 and 0. Raises MalformedRequest naming
    the input, never the value.
    """
    try:
        if datatype in FLOATING:
            return _floating(name, datatype, values, has_booleans=has_booleans)
        if datatype is Datatype.BYTES:
            return _text(name, values), False
        if datatype is Datatype.BOOL:
            return _booleans(name, values), True
        return _integers(name, datatype, values), True
    except (TypeError, OverflowError):
        raise refusal(name, datatype) from None


def _floating(name: str, datatype: Datatype, values: list[Any], *, has_booleans: bool) -> tuple[Tensor, bool]:
    if not has_booleans:
        with suppress(TypeError):  # a null, or what is refused below
            return narrow(name, datatype, np.frombuffer(array("d", values), np.float64)), True
    # The set of types costs as much as the conversion, and is the only cheap way to tell true from 1.
    types = set(map(type, values))
    is_finite = types <= _NUMBERS
    if not is_finite:
        if not types <= _NUMBERS_OR_NULL:
            raise refusal(name, datatype)
        values = [nan if value is None else value for value in values]
        return narrow(name, datatype, np.frombuffer(array("d", values), np.float64)), False
    return narrow(name, datatype, np.frombuffer(array("d", values), np.float64)), True


def _integers(name: str, datatype: Datatype, values: list[Any]) -> Tensor:
    if set(map(type, values)) - {int}:
        raise refusal(name, datatype)
    is_signed = datatype in _SIGNED
    wide = np.frombuffer(array("q" if is_signed else "Q", values), np.int64 if is_signed else np.uint64)
    return narrow(name, datatype, wide)


def narrow(name: str, datatype: Datatype, numbers: Tensor) -> Tensor:
    """64-bit numbers as those of a datatype of their kind; raises MalformedRequest where one does not fit."""
    dtype = NUMPY_DTYPES[datatype]
    if numbers.dtype is dtype:
        return numbers
    if datatype not in FLOATING:
        bounds = np.iinfo(dtype)
        if numbers.size and (numbers.min() < bounds.min or numbers.max() > bounds.max):
            raise DoesNotFit(f"input {shown(name)}: an integer does not fit into {datatype}")
        return numbers.astype(dtype)
    with np.errstate(over="ignore"):
        rounded = numbers.astype(dtype)
    if np.isinf(rounded).any():
        raise DoesNotFit(f"input {shown(name)}: a number is too large for {datatype}; send FP64")
    return rounded


def _booleans(name: str, values: list[Any]) -> Tensor:
    if set(map(type, values)) - {bool}:
        raise refusal(name, Datatype.BOOL)
    return np.array(values, np.bool_)


def _text(name: str, values: list[Any]) -> Tensor:
    types = set(map(type, values))
    if types - {str, type(None)}:
        raise refusal(name, Datatype.BYTES)
    if type(None) in types:
        values = ["" if value is None else value for value in values]
    result = np.empty(len(values), np.object_)
    result[:] = values
    return result


def refusal(name: str, datatype: Datatype) -> MalformedRequest:
    """Of data whose values are not of the kind that its datatype says."""
    wanted = {Datatype.BOOL: "true and false", Datatype.BYTES: "strings"}.get(
        datatype, "numbers" if datatype in FLOATING else "integers in range"
    )
    return MalformedRequest(f"input {shown(name)}: 'data' must hold only {wanted}, as its datatype {datatype} says")
