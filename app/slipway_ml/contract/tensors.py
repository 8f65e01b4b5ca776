"""Datatypes and shapes of the Open Inference Protocol, and what they are in numpy.

`-1` in a shape is a dimension that varies. BYTES elements are Python strings in object arrays.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[Any]


class Datatype(StrEnum):
    """Datatype names as they travel in requests, responses and metadata."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"


NUMPY_DTYPES: dict[Datatype, np.dtype[Any]] = {
    Datatype.BOOL: np.dtype(np.bool_),
    Datatype.UINT8: np.dtype(np.uint8),
    Datatype.UINT16: np.dtype(np.uint16),
    Datatype.UINT32: np.dtype(np.uint32),
    Datatype.UINT64: np.dtype(np.uint64),
    Datatype.INT8: np.dtype(np.int8),
    Datatype.INT16: np.dtype(np.int16),
    Datatype.INT32: np.dtype(np.int32),
    Datatype.INT64: np.dtype(np.int64),
    Datatype.FP16: np.dtype(np.float16),
    Datatype.FP32: np.dtype(np.float32),
    Datatype.FP64: np.dtype(np.float64),
    Datatype.BYTES: np.dtype(np.object_),
}

FLOATING = frozenset({Datatype.FP16, Datatype.FP32, Datatype.FP64})


@dataclass(frozen=True, slots=True)
class TensorMetadata:
    """Name, datatype and shape of one input or output, as the protocol's metadata shows it."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
