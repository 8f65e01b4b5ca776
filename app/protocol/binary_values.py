"""Tensors as bytes: little-endian, row-major, without padding; text as a 4-byte length before each element.

What a request claims about sizes is compared with the bytes that are there before anything is allocated. Numbers are
not copied where their place in the body suits the processor.
"""

import struct
from math import prod
from typing import Any

import numpy as np

from app.contract.tensors import NUMPY_DTYPES, Datatype, Tensor
from app.errors import MalformedRequest
from app.protocol.json_values import shown

_WIRE_DTYPES = {datatype: dtype.newbyteorder("<") for datatype, dtype in NUMPY_DTYPES.items()}
_LENGTH = struct.Struct("<I")
_NO_TEXT = "the bytes are not elements of text, each after its length in 4 bytes"


class Tail:
    """The bytes of a body after its JSON, taken tensor by tensor in the order of the inputs."""

    def __init__(self, body: bytes, start: int) -> None:
        self._body = body
        self._position = start

    def take(self, name: str, datatype: Datatype, shape: list[int], size: int) -> Tensor:
        """The next `size` bytes as a tensor; raises MalformedRequest where they are not there or not what was said."""
        start, end = self._position, self._position + size
        if end > len(self._body):
            left = len(self._body) - start
            raise MalformedRequest(f"input {shown(name)}: 'binary_data_size' is over the {left} bytes that are left")
        self._position = end
        return read_tensor(name, datatype, shape, self._body, start, end)

    def check_is_used_up(self) -> None:
        """Raises MalformedRequest where bytes are left over that no input has asked for."""
        left = len(self._body) - self._position
        if left:
            raise MalformedRequest(f"{left} bytes are left over after the binary data of all inputs")


def read_tensor(name: str, datatype: Datatype, shape: list[int], body: bytes, start: int, end: int) -> Tensor:
    """The tensor in `body[start:end]`; raises MalformedRequest unless it is exactly as large as its shape says."""
    count = prod(shape)
    if datatype is Datatype.BYTES:
        return _read_text(name, count, body, start, end).reshape(shape)
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


def _read_text(name: str, count: int, body: bytes, start: int, end: int) -> Tensor:
    if (end - start) // _LENGTH.size < count:
        raise MalformedRequest(f"input {shown(name)}: fewer bytes than {count} elements of text need")
    texts = np.empty(count, np.object_)
    position = start
    try:
        for number in range(count):
            first = position + _LENGTH.size
            position = first + _LENGTH.unpack_from(body, position)[0]
            if position > end:
                raise MalformedRequest(f"input {shown(name)}: {_NO_TEXT}")
            texts[number] = body[first:position].decode()
    except struct.error:
        raise MalformedRequest(f"input {shown(name)}: {_NO_TEXT}") from None
    except UnicodeDecodeError:
        raise MalformedRequest(f"input {shown(name)}: its text is not UTF-8") from None
    if position != end:
        raise MalformedRequest(f"input {shown(name)}: more bytes than its {count} elements of text")
    return texts


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
