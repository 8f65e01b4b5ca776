"""The request that nearly everybody sends: one input of doubles, flat, and nothing said about outputs.

Says yes or nothing: what is not exactly that, or is wrong in any way, is left to the codec and the data plane, which
know every form and say what is wrong. A property test wants the same tensor from both.
"""

from array import array
from typing import Any

import numpy as np

from slipway_ml.contract.tensors import Tensor, TensorMetadata

_KEYS = 4


class PlainMatrix:
    """Reads such requests for a model whose one input is a matrix of doubles that are never missing in JSON."""

    def __init__(self, declared: TensorMetadata, most: int) -> None:
        """For the input `declared` and at most so many values in it."""
        self.name = declared.name
        self._datatype = str(declared.datatype)
        self._columns = declared.shape[1]
        self._most = most

    def read(self, document: Any, *, has_booleans: bool) -> Tensor | None:
        """The matrix of a parsed body, of shape [rows, columns] and finite; None where that is for others to say."""
        try:
            (tensor,) = document["inputs"]
            rows, columns = shape = tensor["shape"]
            data = tensor["data"]
            if tensor["name"] != self.name or tensor["datatype"] != self._datatype or has_booleans:
                return None
            if type(data) is list:
                data = np.frombuffer(array("d", data), np.float64)
            count = len(data)
            is_plain = len(document) == 1 and len(tensor) == _KEYS and count <= self._most
            if is_plain and type(rows) is type(columns) is int and columns == self._columns and count == rows * columns:
                matrix: Tensor = data.reshape(shape)
                return matrix if rows > 0 else None
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            return None
        return None
