"""Numbers of another width or kind than the model's are taken where they stay what they are, and refused where not."""

from typing import Any

import numpy as np
import pytest

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype
from slipway_ml.errors import MalformedRequest
from slipway_ml.serving.exact_casts import cast
from tests.claims import for_each

D = Datatype
EXACT: dict[str, tuple[list[Any], Datatype, Datatype]] = {
    "narrower integers": ([1, -128], D.INT8, D.INT64),
    "wider integers that fit": ([2**31 - 1, -(2**31)], D.INT64, D.INT32),
    "unsigned that fit": ([0, 2**63 - 1], D.UINT64, D.INT64),
    "integers for doubles": ([2**53, -(2**53)], D.INT64, D.FP64),
    "integers for floats": ([2**24, -(2**24)], D.INT32, D.FP32),
    "whole doubles": ([3.0, -7.0, 2.0**53], D.FP64, D.INT64),
    "whole floats": ([3.0], D.FP32, D.INT32),
    "no values": ([], D.INT32, D.FP64),
    "missing, for floats": ([float("nan"), 1.5], D.FP32, D.FP64),
}
OTHERWISE: dict[str, tuple[list[Any], Datatype, Datatype]] = {
    "wider integers that do not fit": ([2**31], D.INT64, D.INT32),
    "unsigned beyond": ([2**63], D.UINT64, D.INT64),
    "negative for unsigned": ([-1], D.INT8, D.UINT64),
    "integers beyond doubles": ([2**53 + 1], D.INT64, D.FP64),
    "integers beyond floats": ([2**24 + 1], D.INT32, D.FP32),
    "fractions": ([1.0, 1.5], D.FP64, D.INT64),
    "missing": ([float("nan")], D.FP64, D.INT64),
    "infinity": ([float("inf")], D.FP64, D.INT64),
    "doubles beyond neighbours": ([2.0**60], D.FP64, D.INT64),
    "booleans": ([True], D.BOOL, D.INT64),
    "numbers for booleans": ([1], D.INT64, D.BOOL),
    "text": (["1"], D.BYTES, D.FP64),
}


@for_each("values, given, declared", EXACT)
def test_value_that_stays_what_it_is_is_taken(values: list[Any], given: Datatype, declared: Datatype) -> None:
    taken = cast("input 'X'", np.array(values, NUMPY_DTYPES[given]), given, declared)

    assert taken.dtype == NUMPY_DTYPES[declared]
    np.testing.assert_array_equal(taken, values)


@for_each("values, given, declared", OTHERWISE)
def test_value_that_would_change_is_refused(values: list[Any], given: Datatype, declared: Datatype) -> None:
    with pytest.raises(MalformedRequest, match=f"input 'X': datatype must be {declared}"):
        cast("input 'X'", np.array(values, NUMPY_DTYPES[given]), given, declared)
