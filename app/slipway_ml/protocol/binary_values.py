"""Tensors as bytes: little-endian, row-major, without padding; text as a 4-byte length before each element.

What a request claims about sizes is compared with the bytes that are there before anything is allocated. Numbers are
not copied where their place in the body suits the processor.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor
from slipway_ml.errors import MalformedRequest, RequestTooLarge
from slipway_ml.protocol.json_cuts import LONGEST_VALUE, Steps
from slipway_ml.protocol.json_values import shown

_WIRE_DTYPES = {datatype: dtype.newbyteorder("<") for datatype, dtype in NUMPY_DTYPES.items()}
_TEXTS_AT_ONCE = 2000
_TEXT_BYTES = 72
"""What a short text takes in memory, beside its place in an array."""
_LENGTH = struct.Struct("<I")
_NO_TEXT = "the bytes are not elements of text, each after its length in 4 bytes"


class Tail:
    """The bytes of a body after its JSON, taken tensor by tensor in the order of the inputs."""

    def __init__(self, body: bytes, start: int) -> None:
        self._body = body
        self._position = start

    def take(self, name: str, datatype: Datatype, shape: list[int], size: int) -> "Tensor | UnreadText":
        """The next `size` bytes as a tensor, or as texts that are not read yet, of which there can be very many.

        Raises MalformedRequest where they are not there or not what was said.
        """
        start, end = self._position, self._position + size
        if end > len(self._body):
            left = len(self._body) - start
            raise MalformedRequest(f"input {shown(name)}: 'binary_data_size' is over the {left} bytes that are left")
        self._position = end
        if datatype is not Datatype.BYTES:
            return read_numbers(name, datatype, shape, self._body, start, end)
        if (end - start) // _LENGTH.size < prod(shape):
            raise MalformedRequest(f"input {shown(name)}: fewer bytes than {prod(shape)} elements of text need")
        return UnreadText(name, shape, start, end)

    def check_is_used_up(self) -> None:
        """Raises MalformedRequest where bytes are left over that no input has asked for."""
        left = len(self._body) - self._position
        if left:
            raise MalformedRequest(f"{left} bytes are left over after the binary data of all inputs")


def read_numbers(name: str, datatype: Datatype, shape: list[int], body: bytes, start: int, end: int) -> Tensor:
    """The tensor in `body[start:end]`; raises MalformedRequest unless it is exactly as large as its shape says."""
    count = prod(shape)
    dtype = _WIRE_DTYPES[datatype]
    if end - start != count * dtype.itemsize:
        wanted = count * dtype.itemsize
        raise MalformedRequest(
            f"input {shown(name)}: {end - start} bytes, but its shape and {datatype} ask for {wanted}"
        )
    values = np.frombuffer(body, dtype, count, start) if count else np.empty(0, dtype)
    if not values.flags.aligned:
        values = values.copy()
    if datatype is Datatype.BOOL and count and values.view(np.uint8).max() > 1:
        raise MalformedRequest(f"input {shown(name)}: the bytes of BOOL must be 0 or 1")
    return values.astype(NUMPY_DTYPES[datatype], copy=False).reshape(shape)


@dataclass(frozen=True, slots=True)
class UnreadText:
    """The place of an input's texts in a body, where there is at least a length for each."""

    name: str
    shape: list[int]
    start: int
    end: int

    def read(self, body: bytes, charge: Callable[[int], None], left: int) -> Steps[tuple[Tensor, int]]:
        """The texts, and how many bytes are left of those that they may take.

        Raises MalformedRequest where the bytes are something else, and RequestTooLarge where they need more.
        """
        texts = np.empty(prod(self.shape), np.object_)
        position = self.start
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            some, position = self._read_some(body, position, min(_TEXTS_AT_ONCE, len(texts) - first))
            # Those that are equal are one in memory.
            known: dict[str, str] = {}
            texts[first : first + len(some)] = [known.setdefault(text, text) for text in some]
            size = len(some) * texts.itemsize + len(known) * _TEXT_BYTES + sum(map(len, known))
            left -= size
            if left < 0:
                raise RequestTooLarge("the texts of the request need too much memory; send fewer rows at once")
            if len(body) > _TEXTS_AT_ONCE:
                charge(size)
            yield None
        if position != self.end:
            raise MalformedRequest(f"input {shown(self.name)}: more bytes than its {len(texts)} elements of text")
        return texts.reshape(self.shape), left

    def _read_some(self, body: bytes, position: int, count: int) -> tuple[list[str], int]:
        texts = []
        try:
            for _ in range(count):
                first = position + _LENGTH.size
                position = first + _LENGTH.unpack_from(body, position)[0]
                if position > self.end:
                    raise MalformedRequest(f"input {shown(self.name)}: {_NO_TEXT}")
                if position - first > LONGEST_VALUE:
                    raise _too_long(self.name)
                texts.append(body[first:position].decode())
        except struct.error:
            raise MalformedRequest(f"input {shown(self.name)}: {_NO_TEXT}") from None
        except UnicodeDecodeError:
            raise _no_utf8(self.name) from None
        return texts, position


def read_one_text(name: str, text: bytes) -> Tensor:
    """A text as a tensor of one element; raises MalformedRequest or RequestTooLarge."""
    if len(text) > LONGEST_VALUE:
        raise _too_long(name)
    try:
        return np.array([text.decode()], np.object_)
    except UnicodeDecodeError:
        raise _no_utf8(name) from None


def _no_utf8(name: str) -> MalformedRequest:
    return MalformedRequest(f"input {shown(name)}: its text is not UTF-8")


def _too_long(name: str) -> RequestTooLarge:
    return RequestTooLarge(f"input {shown(name)}: a text is over {LONGEST_VALUE} bytes")


class _Encoded(dict[str, bytes]):
    """Texts as they are written. Labels repeat, so each is encoded once."""

    def __missing__(self, text: str) -> bytes:
        content = text.encode()
        encoded = self[text] = _LENGTH.pack(len(content)) + content
        return encoded


def write_tensor(datatype: Datatype, data: Tensor) -> Any:
    """A tensor's bytes, as anything that can be joined to bytes; NaN stays NaN."""
    if datatype is Datatype.BYTES:
        return b"".join(map(_Encoded().__getitem__, data.ravel().tolist()))
    return np.ascontiguousarray(data, _WIRE_DTYPES[datatype]).reshape(-1).view(np.uint8)
