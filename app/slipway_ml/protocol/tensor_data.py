"""The data of one tensor, as far as it was read: pieces of a JSON list go into an array of the tensor's datatype.

What is wrong with it is kept until the end, since the whole list must be JSON before anything else is said of it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from simdjson import Array, Parser

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor
from slipway_ml.errors import MalformedRequest, RequestTooLarge
from slipway_ml.protocol.json_cuts import CutShorter, NotJson, NotPlain
from slipway_ml.protocol.json_values import (
    DoesNotFit,
    InvalidJson,
    PiecedData,
    flatten,
    misnested,
    narrow,
    parse,
    refusal,
    to_array,
)
from slipway_ml.protocol.limits import MAX_RANK
from slipway_ml.protocol.nesting import nesting_of
from slipway_ml.protocol.number_reader import OF_TYPE, numbers_of

Charge = Callable[[int], None]

_TEXT_BYTES = 72
"""What a short text takes in memory, beside its place in an array."""
_STAND_IN = b" -1e299 "
"""Put in the place of null, with spaces so that it joins no number beside it."""
_MISSING = float(_STAND_IN)
_LONG_ROW = 32
"""Bytes on average from which on looking at each row is quicker than at each sign."""


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


class TensorData:
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
        self._depth = self._deepest = 0
        self._is_plain = True
        self._is_finite = True
        self._misnested: MalformedRequest | None = None
        self._error: MalformedRequest | None = None
        self._size = sizes.first if self._of_type else sizes.others

    def piece(self) -> int:
        """How long the next piece may be."""
        return self._size

    def read(self, text: bytes) -> int:
        """Read a piece; raises NotJson, or CutShorter where one as long takes too much time."""
        if self._datatype is None:
            return self._look(text)
        if self._of_type is not None or self._is_wrong:
            try:
                return self._read_numbers(self._datatype, text)
            except (ValueError, NotPlain):  # no JSON, or something that the other parser must look at
                pass
        if self._size > self._sizes.others:
            self._size = self._sizes.others
            if len(text) > 2 * self._size:
                raise CutShorter
        try:
            if b"NaN" in text and b'"' not in text:
                text = text.replace(b"NaN", b"null")  # without strings it can be nothing else
            values = parse(text)
        except InvalidJson:
            raise NotJson from None
        self._is_plain = False
        self._take(values, is_flat=text.count(b"[") == 1)
        return len(values)

    def _look(self, text: bytes) -> int:
        """Count values of which nothing is wanted but that they are JSON."""
        try:
            return len(self._parse(text))
        except (ValueError, NotPlain):
            pass
        try:
            return len(parse(text))
        except InvalidJson:
            raise NotJson from None

    def _parse(self, text: bytes) -> Any:
        """What simdjson makes of a list, which nothing may hold when it parses again; raises ValueError or NotPlain."""
        try:
            root: Any = self._parser.parse(text)
        except RuntimeError:  # an integer beyond 64 bits, after which the parser is of no use
            self._parser = Parser()
            raise NotPlain from None
        if type(root) is not Array:
            raise NotPlain
        return root

    def _read_numbers(self, datatype: Datatype, text: bytes) -> int:
        missing = 0
        if b'"' not in text and (b"n" in text or b"N" in text):  # without strings it can be nothing else
            missing = text.count(b"null") + text.count(b"NaN")
            text = text.replace(b"null", _STAND_IN).replace(b"NaN", _STAND_IN)
        root = self._parse(text)
        length = len(root)
        numbers = None
        if self._of_type is not None and not self._is_wrong:
            with suppress(TypeError, ValueError):  # something that is no number, or none of that kind
                numbers = numbers_of(root, self._of_type)
        if numbers is not None and missing:
            numbers = _with_missing(numbers, missing)
        depth, count = self._nesting(root, text, numbers)
        del root
        self._size = min(2 * self._size, self._sizes.numbers)
        self._go_deep(depth, count)
        if numbers is None:
            if count:
                self._note(refusal(self._name, datatype))
            self._count += count
            return length
        if missing:
            self._is_plain = self._is_finite = False
        self._store_numbers(numbers)
        return length

    def _nesting(self, root: Any, text: bytes, numbers: Tensor | None) -> tuple[int, int]:
        """How deep the values of a piece lie, and how many they are."""
        brackets, length = text.count(b"["), len(root)
        if brackets == 1:
            return 1, length
        # No list is left for what is not a row, or lies in one.
        if brackets == 1 + length and len(text) > _LONG_ROW * length and all(type(row) is Array for row in root):
            return 2, sum(map(len, root)) if numbers is None else len(numbers)
        found = nesting_of(text)
        if not found.is_even:
            self._misnested = self._misnested or misnested(self._name)
        return found.depth, found.values

    def _take(self, values: list[Any], *, is_flat: bool) -> None:
        try:
            flat, depth = flatten(self._name, values)
        except MalformedRequest as error:
            self._misnested = self._misnested or error
            return
        if not is_flat and list in set(map(type, flat)):
            self._misnested = self._misnested or misnested(self._name)
        self._go_deep(depth, len(flat))
        if self._datatype is None or self._is_wrong:
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

    @property
    def _is_wrong(self) -> bool:
        """Whether there is an error that no later one takes the place of, so that values are only counted."""
        return type(self._error) is MalformedRequest

    def _go_deep(self, depth: int, count: int) -> None:
        """Lists go so deep, with `count` elements in the deepest; elements of all pieces must be as deep as these."""
        self._deepest = max(self._deepest, depth)
        self._depth = self._depth or (depth if count else 0)
        is_even = depth == self._depth or not count
        if not is_even or self._deepest > (self._depth or MAX_RANK) or depth > MAX_RANK:
            self._misnested = self._misnested or misnested(self._name)

    def _share_texts(self, values: list[Any]) -> list[Any]:
        """The same texts, of which those that are equal are one in memory."""
        if set(map(type, values)) != {str}:
            return values  # which is said elsewhere, and need not be paid for
        known: dict[Any, Any] = {}
        shared = [known.setdefault(value, value) for value in values]
        self._pay(len(known) * _TEXT_BYTES + sum(map(len, known)))
        return shared

    def _store_numbers(self, numbers: Tensor) -> None:
        if self._datatype is None or self._is_wrong:
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


def _with_missing(numbers: Tensor, missing: int) -> Tensor:
    """Numbers with NaN where the stand-in is; raises NotPlain where somebody has sent that number itself."""
    places = numbers == _MISSING
    if np.count_nonzero(places) != missing:
        raise NotPlain
    return np.where(places, np.nan, numbers)
