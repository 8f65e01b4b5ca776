"""Tensors of another width or kind of number than the model's, where every value stays what it is.

Clients write what their language has at hand: int32 of a database, float64 of JSON. Rows accept 3 and 3.0 alike, and so
do tensors.
"""

from typing import Any

import numpy as np

from slipway_ml.contract.tensors import FLOATING, NUMPY_DTYPES, Datatype, Tensor
from slipway_ml.errors import MalformedRequest

_WIDE = FLOATING - {Datatype.FP16}
_NO_NUMBERS = frozenset({Datatype.BOOL, Datatype.BYTES})
_WHOLE_IN_DOUBLE = 2**53


def cast(where: str, values: Tensor, given: Datatype, declared: Datatype) -> Tensor:
    """The values in the declared datatype; raises MalformedRequest where they cannot be, or would change.

    Floating numbers are rounded from one width to another, as they are in JSON.
    """
    if not _NO_NUMBERS.isdisjoint((given, declared)) or declared is Datatype.FP16:
        raise MalformedRequest(f"{where}: datatype must be {declared}")
    wanted = NUMPY_DTYPES[declared]
    if declared in _WIDE and given in FLOATING:
        return values.astype(wanted)
    if values.size and not _are_exact(values, wanted):
        raise MalformedRequest(f"{where}: datatype must be {declared}, which not all of these values fit exactly")
    return values.astype(wanted)


def _are_exact(values: Tensor, wanted: Any) -> bool:
    if values.dtype.kind == "f":
        # NaN and infinity are none of these, and a double above cannot tell neighbours apart.
        limits = np.iinfo(wanted)
        low, high = max(limits.min, -_WHOLE_IN_DOUBLE), min(limits.max, _WHOLE_IN_DOUBLE)
        return bool(((values == np.floor(values)) & (values >= low) & (values <= high)).all())
    smallest, largest = int(values.min()), int(values.max())
    if wanted.kind == "f":
        most: int = 2 ** (np.finfo(wanted).nmant + 1)
        return -most <= smallest and largest <= most
    limits = np.iinfo(wanted)
    return limits.min <= smallest and largest <= limits.max
