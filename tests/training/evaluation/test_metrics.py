import numpy as np
import pytest

from training.evaluation.answers import Answers
from training.evaluation.metrics import first_score, scores

LABELS = np.array(["b", "a", "b", "a"], dtype=object)
PROBABILITIES = np.array([[0.2, 0.8], [0.9, 0.1], [0.6, 0.4], [0.7, 0.3]])


def test_classes_are_scored_by_accuracy_first() -> None:
    answers = Answers(np.array(["b", "a", "a", "a"], dtype=object), PROBABILITIES)

    found = {score.name: score for score in scores(LABELS, answers)}

    assert list(found) == ["accuracy", "balanced_accuracy", "log_loss", "roc_auc"]
    assert (found["accuracy"].value, found["roc_auc"].value) == (0.75, 1.0)
    assert not found["log_loss"].higher_is_better
    assert first_score(LABELS, answers) == found["accuracy"]


def test_class_without_held_out_rows_leaves_out_what_needs_them_all() -> None:
    answers = Answers(LABELS, np.column_stack([PROBABILITIES, np.zeros(4)]))

    assert [score.name for score in scores(LABELS, answers)] == ["accuracy", "balanced_accuracy"]


def test_values_are_scored_by_r_squared_first() -> None:
    answers = Answers(None, np.array([[1.0], [2.0], [4.0]]))
    target = np.array([1.0, 2.0, 3.0])

    found = scores(target, answers)

    assert [score.name for score in found] == ["r2", "mean_absolute_error", "root_mean_squared_error"]
    assert found[0] == first_score(target, answers)
    assert found[1].value == pytest.approx(1 / 3)
