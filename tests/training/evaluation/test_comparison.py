import numpy as np
import pytest

from slipway_training.evaluation.comparison import BOOTSTRAP, MCNEMAR, OF_GROUPS, compare, mcnemar
from slipway_training.evaluation.predictions import Predictions
from tests.training.evaluation.rows import QUICK, classifier, regressor


def test_better_model_is_better_beyond_chance() -> None:
    target, own = classifier(300, 0.05, seed=0)
    other = Predictions(classifier(300, 0.3, seed=0)[1].labels, own.numbers)

    found = compare(own, other, target, (0, 1), QUICK, name="the other")

    assert found is not None
    assert found.interval is not None
    assert found.difference == pytest.approx(found.interval[0], abs=0.1)
    assert found.interval[0] > 0
    assert found.p_value is not None
    assert found.p_value < 1e-6
    assert found.test == MCNEMAR


def test_equal_models_have_no_difference() -> None:
    target, own = classifier(100, 0.2, seed=0)

    found = compare(own, own, target, (0, 1), QUICK, name="the same")

    assert found is not None
    assert (found.difference, found.interval, found.p_value) == (0.0, None, 1.0)


def test_difference_of_a_loss_is_positive_where_the_model_is_better() -> None:
    config = QUICK.model_copy(update={"metric": "mean_absolute_error"})
    target, own = regressor(200, 0.1, seed=0)
    other = Predictions(None, own.numbers + 0.5)

    found = compare(own, other, target, None, config, name="the other")

    assert found is not None
    assert found.interval is not None
    assert 0 < found.interval[0] <= (found.difference or 0) <= found.interval[1]
    assert (found.p_value or 1) < 0.02
    assert found.test == BOOTSTRAP


def test_better_answers_to_one_group_are_no_better_model() -> None:
    target, own = classifier(200, 0.0, seed=0)
    owner = np.repeat(np.arange(20), 10)
    other = Predictions(np.where(owner == 0, 1 - target, target), own.numbers)

    alone = compare(own, other, target, (0, 1), QUICK, name="the other")
    together = compare(own, other, target, (0, 1), QUICK, name="the other", groups=owner)

    assert alone is not None
    assert together is not None
    assert (alone.p_value or 0) < 0.01
    assert (together.p_value or 0) > 0.3
    assert together.test == OF_GROUPS


def test_chance_is_not_taken_for_a_difference() -> None:
    false_alarms = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        false_alarms += mcnemar(random.random(80) < 0.8, random.random(80) < 0.8) < 0.05

    assert false_alarms <= 10


@pytest.mark.parametrize(
    ("first", "second", "p_value"), [(5, 0, 0.0625), (1, 1, 1.0), (0, 0, 1.0)], ids=["one side", "even", "none"]
)
def test_mcnemar_counts_the_rows_that_one_alone_has_right(first: int, second: int, p_value: float) -> None:
    right = np.array([True] * first + [False] * second + [True] * 20)
    other = np.array([False] * first + [True] * second + [True] * 20)

    assert mcnemar(right, other) == pytest.approx(p_value)
