from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from slipway_training.errors import ConfigError
from slipway_training.evaluation.predictions import Predictions
from slipway_training.selection.scoring import score, scoring_of
from tests.training.tables import config_for, table

TARGET = ["no", "yes", "no", "yes", "yes", "no"]
NUMBERS = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4], [0.8, 0.2]])
EXPORTERS = Predictions(np.array(["no", "yes", "yes", "yes", "no", "no"], dtype=object), NUMBERS)
COST = {"false_positive": 1, "false_negative": 5}
IS_YES = np.array([label == "yes" for label in TARGET])


def scored(name: Any, **sections: Any) -> float:
    rows = table(TARGET, a=[0.0] * 6)
    return score(name, EXPORTERS, rows, ("no", "yes"), config_for(**sections))


def test_positive_class_is_the_one_that_the_evaluation_looks_for() -> None:
    expected = metrics.average_precision_score(~IS_YES, NUMBERS[:, 0])

    assert scored("average_precision", evaluation={"positive": "no"}) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sections", "scoring", "metric"),
    [
        ({}, "accuracy", None),
        ({"search": {"scoring": "roc_auc"}}, "roc_auc", "roc_auc"),
        ({"search": {"scoring": "neg_log_loss"}}, "neg_log_loss", "log_loss"),
        ({"search": {"scoring": "f1"}, "evaluation": {"metric": "recall"}}, "f1", "recall"),
        ({"search": {}, "evaluation": {"metric": "brier_score"}}, "neg_brier_score", "brier_score"),
        ({"evaluation": {"metric": "average_precision"}}, "average_precision", "average_precision"),
        ({"search": {}, "cost": COST}, "neg_expected_cost", None),
        (
            {"search": {"scoring": "neg_expected_cost"}, "cost": COST},
            "neg_expected_cost",
            None,
        ),
    ],
)
def test_search_and_evaluation_follow_each_other(sections: dict[str, Any], scoring: str, metric: str | None) -> None:
    config = config_for(**sections)

    assert (scoring_of(config), config.evaluation.metric) == (scoring, metric)


@pytest.mark.parametrize(("metric", "scoring"), [("mean_absolute_error", "neg_mean_absolute_error"), (None, "r2")])
def test_search_for_values_goes_by_the_metric_that_is_named(metric: str | None, scoring: str) -> None:
    sections: dict[str, Any] = {"task": "regression", "estimator": {"type": "Ridge"}, "evaluation": {"metric": metric}}

    assert scoring_of(config_for(**sections, search={})) == scoring


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
    predictions = Predictions(numbers.argmax(axis=1), numbers)

    found = score("roc_auc", predictions, table([0, 1, 2, 0], a=[0.0] * 4), (0, 1, 2), config_for())

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
    bare = Predictions(EXPORTERS.labels, np.empty((6, 0)))

    with pytest.raises(ConfigError, match=r"search\.scoring = 'roc_auc' needs probabilities"):
        score("roc_auc", bare, table(TARGET, a=[0.0] * 6), ("no", "yes"), config_for())


def test_money_is_what_counts_where_costs_are_known() -> None:
    assert scoring_of(config_for(cost={"false_positive": 1, "false_negative": 1}, search={})) == "neg_expected_cost"
    assert scoring_of(config_for(search={})) == "accuracy"
