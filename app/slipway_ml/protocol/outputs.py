"""What a run gives, and which rows of it belong to one request.

Several requests share a run, so its outputs are written as JSON once for all of them, one text per row, and each takes
the texts of its rows. Who wants arrays gets views of them.
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, overload

import numpy as np
import orjson

from slipway_ml.contract.tensors import Tensor
from slipway_ml.protocol.unusual_values import UnusualRun, UnusualValues

_NUMPY = orjson.OPT_SERIALIZE_NUMPY

_TEXT_BYTES = 64
"""What a short text takes in memory, beside its place in an array."""


class RunOutputs:
    """The outputs of one run in the signature's order; their first dimension is the rows of all its requests.

    `unusual` is what is unlike training among the rows that they are for, None where nothing is.
    """

    __slots__ = ("_texts", "_values", "rows", "tensors", "unusual")

    def __init__(self, tensors: list[Tensor], unusual: UnusualRun | None = None) -> None:
        self.tensors = tensors
        self.unusual = unusual
        self.rows = len(tensors[0])
        self._texts: dict[int, list[bytes]] = {}
        self._values: dict[int, list[Any]] = {}

    def texts(self, number: int) -> list[bytes]:
        """Output `number` as JSON: for each row its elements, with commas between them; what is not finite is null."""
        found = self._texts.get(number)
        if found is None:
            found = self._texts[number] = _row_texts(self.tensors[number])
        return found

    def values(self, number: int) -> list[Any]:
        """Output `number` as Python values."""
        found = self._values.get(number)
        if found is None:
            found = self._values[number] = self.tensors[number].tolist()
        return found


class Outputs(Sequence[Tensor]):
    """The outputs for rows `start` to `stop` of a run, those of one request: arrays in the signature's order."""

    __slots__ = ("run", "start", "stop")

    def __init__(self, run: RunOutputs, start: int, stop: int) -> None:
        self.run = run
        self.start = start
        self.stop = stop

    def __len__(self) -> int:
        return len(self.run.tensors)

    @overload
    def __getitem__(self, number: int) -> Tensor: ...

    @overload
    def __getitem__(self, number: slice) -> list[Tensor]: ...

    def __getitem__(self, number: int | slice) -> Tensor | list[Tensor]:
        if isinstance(number, slice):
            return [tensor[self.start : self.stop] for tensor in self.run.tensors[number]]
        return self.run.tensors[number][self.start : self.stop]

    @property
    def unusual(self) -> UnusualValues | None:
        """What is unlike training in these rows."""
        return None if self.run.unusual is None else self.run.unusual.within(self.start, self.stop)

    @property
    def width(self) -> int:
        """Values of all outputs per row."""
        return sum([prod(tensor.shape[1:]) for tensor in self.run.tensors])

    @property
    def nbytes(self) -> int:
        """Memory of these rows; each text is an object of its own."""
        rows = self.stop - self.start
        return sum([rows * prod(tensor.shape[1:]) * _value_bytes(tensor) for tensor in self.run.tensors])

    def pieces(self, values: int) -> "Iterator[Outputs]":
        """The same rows in pieces of about so many values, each as if it had been a run of its own."""
        step = max(1, values // max(1, self.width))
        for start in range(self.start, self.stop, step):
            stop = min(start + step, self.stop)
            yield Outputs(RunOutputs([tensor[start:stop] for tensor in self.run.tensors]), 0, stop - start)

    def texts(self, number: int) -> list[bytes]:
        """One output as JSON, row by row."""
        return self.run.texts(number)[self.start : self.stop]

    def values(self, number: int) -> list[Any]:
        """One output as Python values, row by row."""
        return self.run.values(number)[self.start : self.stop]


def as_outputs(tensors: Sequence[Tensor]) -> Outputs:
    """All rows of a run that had one request, unless these are outputs of a run already."""
    return tensors if isinstance(tensors, Outputs) else Outputs(RunOutputs(list(tensors)), 0, len(tensors[0]))


def _row_texts(tensor: Tensor) -> list[bytes]:
    if len(tensor) == 1:
        return [_flat_text(tensor)]
    if tensor.ndim == 1:
        if tensor.dtype.hasobject:
            values = tensor.tolist()
            known = {value: orjson.dumps(value) for value in set(values)}  # labels repeat
            return [known[value] for value in values]
        return orjson.dumps(np.ascontiguousarray(tensor), option=_NUMPY)[1:-1].split(b",") if tensor.size else []
    if tensor.dtype.hasobject or not tensor.size:
        return [_flat_text(row) for row in tensor]
    # "[[1,2],[3,4]]" → "1,2" and "3,4"; numbers hold no brackets, so cutting the text is safe.
    flat = np.ascontiguousarray(tensor.reshape(len(tensor), -1))
    return orjson.dumps(flat, option=_NUMPY)[2:-2].split(b"],[")


def _flat_text(tensor: Tensor) -> bytes:
    flat = tensor.ravel()
    values: Any = flat.tolist() if flat.dtype.hasobject else flat
    return orjson.dumps(values, option=_NUMPY)[1:-1]


def _value_bytes(tensor: Tensor) -> int:
    return tensor.itemsize + (_TEXT_BYTES if tensor.dtype.hasobject else 0)
