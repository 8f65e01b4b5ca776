import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slipway_training.export.bisection import last_that_holds, number, ordinal
from tests.strategies import MANY

LARGEST = float(np.finfo(np.float64).max)
FINITE = st.floats(-LARGEST, LARGEST, exclude_min=True, exclude_max=True)


@MANY
@given(FINITE)
def test_next_count_is_the_next_number(value: float) -> None:
    at = ordinal([value])

    assert number(at)[0] == value
    assert number(at + 1)[0] == np.nextafter(value, np.inf)
    assert number(at - 1)[0] == np.nextafter(value, -np.inf)


@MANY
@given(st.lists(FINITE, min_size=1, max_size=5))
def test_last_number_at_or_below_each_bound_is_found_from_one_end_of_float64_to_the_other(bounds: list[float]) -> None:
    wanted = np.array(bounds)
    low, high = (np.full(len(bounds), ordinal(end)) for end in (-LARGEST, LARGEST))

    found = number(last_that_holds(low, high, lambda values: values <= wanted))

    assert found.tolist() == bounds
