"""Verdicts in words: one clause for each limit that is exceeded, with its values."""

import pytest

from slipway_ml.contract.signature import Task
from slipway_training.optimizer.verdicts import Limit, Violation, in_words


def test_every_limit_has_its_clause() -> None:
    clauses = [in_words([Violation(limit, 3, 2)], Task.CLASSIFICATION) for limit in Limit]

    assert all(clauses)
    assert len(set(clauses)) == len(Limit)
    assert not any("{" in clause for clause in clauses)


@pytest.mark.parametrize(
    ("violations", "task", "words"),
    [
        ([], Task.CLASSIFICATION, ""),
        ([Violation(Limit.CHANGED_LABELS, 1, 0)], Task.CLASSIFICATION, "changes 1 label, 0 allowed"),
        (
            [Violation(Limit.PREDICTION_CHANGE, 0.021, 0.02), Violation(Limit.SIZE, 0.99, 0.9)],
            Task.REGRESSION,
            "moves a value, by its spread, by 0.021, 0.02 allowed; is 0.99 of the exact size, 0.90 allowed",
        ),
    ],
    ids=["none", "one label", "two of a regression"],
)
def test_verdict_names_measured_value_and_limit(violations: list[Violation], task: Task, words: str) -> None:
    assert in_words(violations, task) == words


def test_change_of_a_value_is_told_in_the_unit_of_the_target() -> None:
    violations = [
        Violation(Limit.PREDICTION_CHANGE, 0.03, 0.02, 0.45),
        Violation(Limit.MEAN_SHIFT, -0.002, 0.0001, -0.03),
    ]

    assert in_words(violations, Task.REGRESSION, "EUR") == (
        "moves a value by 0.45 EUR, by its spread by 0.03, 0.02 allowed; "
        "shifts values by -0.03 EUR on average, -0.002 of their spread, 0.0001 allowed"
    )
