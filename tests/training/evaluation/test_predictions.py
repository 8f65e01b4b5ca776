import numpy as np
import pytest

from slipway_training.evaluation.predictions import Predictions, compare, spread_of


def test_differences_are_the_worst_number_of_each_row() -> None:
    expected = Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    given = Predictions(np.array([0, 0]), np.array([[0.9, 0.1], [0.5, 0.6]]))

    differences = compare(expected, given)

    assert differences.flips.tolist() == [False, True]
    assert differences.change == pytest.approx([0.0, 0.3])
    assert differences.largest == pytest.approx(0.3)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_number_that_is_not_finite_is_infinitely_far_away(number: float) -> None:
    assert compare(Predictions(None, np.array([[1.0]])), Predictions(None, np.array([[number]]))).largest == np.inf


def test_spread_is_one_for_probabilities_and_the_deviation_for_values() -> None:
    assert spread_of(Predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.1, 0.9]]))) == 1.0
    assert spread_of(Predictions(None, np.array([[1.0], [3.0]]))) == 1.0
    assert spread_of(Predictions(None, np.array([[10.0], [30.0]]))) == 10.0
    assert spread_of(Predictions(None, np.array([[5.0], [5.0]]))) == 5.0
