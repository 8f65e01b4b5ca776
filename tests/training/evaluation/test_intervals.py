import numpy as np
import pytest

from training.evaluation.answers import Answers
from training.evaluation.intervals import score_interval

RANDOM = np.random.default_rng(0)


def guesses(rows: int) -> tuple[np.ndarray, Answers]:
    """Labels of which nine in ten are right."""
    target = RANDOM.integers(2, size=rows)
    return target, Answers(np.where(RANDOM.random(rows) < 0.9, target, 1 - target), np.empty((rows, 0)))


def test_interval_of_an_accuracy_is_about_two_standard_errors_to_each_side() -> None:
    target, answers = guesses(4000)

    interval = score_interval(target, answers)

    accuracy = float((target == answers.labels).mean())
    error = (accuracy * (1 - accuracy) / 4000) ** 0.5
    assert interval.low == pytest.approx(accuracy - 1.96 * error, abs=0.5 * error)
    assert interval.high == pytest.approx(accuracy + 1.96 * error, abs=0.5 * error)


def test_interval_narrows_with_more_rows() -> None:
    few, many = (score_interval(*guesses(rows)) for rows in (100, 4000))

    assert many.high - many.low < (few.high - few.low) / 3


def test_interval_of_values_is_the_same_for_the_same_rows() -> None:
    target = RANDOM.normal(size=200)
    answers = Answers(None, (target + 0.1 * RANDOM.normal(size=200)).reshape(-1, 1))

    assert score_interval(target, answers) == score_interval(target, answers)
