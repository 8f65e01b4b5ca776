from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from tests.training.tables import config_for, table
from training.errors import ConfigError
from training.evaluation.answers import Answers
from training.selection.scoring import score, scoring_of

TARGET = ["no", "yes", "no", "yes", "yes", "no"]
NUMBERS = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4], [0.8, 0.2]])
ANSWERS = Answers(np.array(["no", "yes", "yes", "yes", "no", "no"], dtype=object), NUMBERS)
IS_YES = np.array([label == "yes" for label in TARGET])


def scored(name: Any, **sections: Any) -> float:
    rows = table(TARGET, a=[0.0] * 6)
    return score(name, ANSWERS, rows, ("no", "yes"), config_for(**sections))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 4 / 6),
        ("f1", 2 / 3),
        ("precision", 2 / 3),
        ("recall", 2 / 3),
        ("balanced_accuracy", 2 / 3),
        ("roc_auc", metrics.roc_auc_score(IS_YES, NUMBERS[:, 1])),
        ("average_precision", metrics.average_precision_score(IS_YES, NUMBERS[:, 1])),
        ("neg_log_loss", -metrics.log_loss(IS_YES, NUMBERS)),
        ("neg_brier_score", -metrics.brier_score_loss(IS_YES, NUMBERS[:, 1])),
        ("matthews_corrcoef", 1 / 3),
    ],
)
def test_figure_is_that_of_scikit_learn_for_the_last_label(name: str, expected: float) -> None:
    assert scored(name) == pytest.approx(expected)


def test_class_that_is_looked_for_may_be_the_first() -> None:
    cost = {"positive": "no", "false_positive": 1, "false_negative": 1}

    assert scored("average_precision", cost=cost) == pytest.approx(
        metrics.average_precision_score(~IS_YES, NUMBERS[:, 0])
    )


def test_expected_cost_is_that_of_the_best_threshold() -> None:
    assert scored("neg_expected_cost", cost={"false_positive": 1, "false_negative": 10}) == pytest.approx(-1 / 6)


def test_three_classes_count_alike() -> None:
    numbers = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3]])
    answers = Answers(numbers.argmax(axis=1), numbers)

    found = score("roc_auc", answers, table([0, 1, 2, 0], a=[0.0] * 4), (0, 1, 2), config_for())

    assert found == pytest.approx(metrics.roc_auc_score([0, 1, 2, 0], numbers, multi_class="ovr", average="macro"))


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"search": {"scoring": "r2"}}, "search.scoring = 'r2' is not for task 'classification'"),
        ({"search": {"scoring": "neg_expected_cost"}}, r"search.scoring = 'neg_expected_cost' needs \[cost\]"),
    ],
)
def test_scoring_that_does_not_fit_is_refused(sections: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        scoring_of(config_for(**sections))


def test_score_of_labels_alone_cannot_be_one_of_probabilities() -> None:
    bare = Answers(ANSWERS.labels, np.empty((6, 0)))

    with pytest.raises(ConfigError, match=r"search\.scoring = 'roc_auc' needs probabilities"):
        score("roc_auc", bare, table(TARGET, a=[0.0] * 6), ("no", "yes"), config_for())


def test_money_is_what_counts_where_costs_are_known() -> None:
    assert scoring_of(config_for(cost={"false_positive": 1, "false_negative": 1}, search={})) == "neg_expected_cost"
    assert scoring_of(config_for(search={})) == "accuracy"
