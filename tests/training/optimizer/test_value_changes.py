import numpy as np
import pytest

from slipway_training.optimizer.value_changes import value_change

SPREAD = np.array([2.0])


def test_change_is_told_in_the_unit_of_the_values_and_by_their_spread() -> None:
    found = value_change(np.array([[10.0], [20.0]]), np.array([[9.0], [20.5]]), SPREAD)

    assert found is not None
    assert (found.mean, found.mean_by_spread, found.largest) == (-0.25, -0.125, 1.0)
    assert (found.lower, found.higher) == (0.5, 0.5)
    assert found.relative == pytest.approx(0.1)


def test_values_of_both_signs_have_no_relative_change() -> None:
    found = value_change(np.array([[-1.0], [1.0]]), np.array([[-1.1], [1.1]]), SPREAD)

    assert found is not None
    assert found.relative is None


def test_target_that_shifts_the_most_is_told_of() -> None:
    exact = np.zeros((3, 2))

    found = value_change(exact, exact + np.array([0.1, -3.0]), np.array([1.0, 10.0]))

    assert found is not None
    assert found.mean_by_spread == pytest.approx(-0.3)


def test_rows_without_a_finite_value_do_not_count() -> None:
    found = value_change(np.array([[1.0], [np.nan]]), np.array([[1.0], [np.nan]]), SPREAD)

    assert found is not None
    assert found.largest == 0
    assert value_change(np.array([[np.inf]]), np.array([[1.0]]), SPREAD) is None
