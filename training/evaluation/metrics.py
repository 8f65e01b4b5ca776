"""Scores on held-out rows; the first is the one that gates and tables speak of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from app.contract.manifest import Score
from training.evaluation.answers import Answers


def scores(target: NDArray[Any], answers: Answers) -> tuple[Score, ...]:
    """Accuracy first for classes, R squared first for values."""
    if answers.labels is None:
        values = answers.numbers[:, 0]
        return (
            Score(name="r2", value=r2_score(target, values)),
            Score(name="mean_absolute_error", value=mean_absolute_error(target, values), higher_is_better=False),
            Score(
                name="root_mean_squared_error", value=root_mean_squared_error(target, values), higher_is_better=False
            ),
        )
    known = np.unique(target)
    found = [
        Score(name="accuracy", value=accuracy_score(target, answers.labels)),
        Score(name="balanced_accuracy", value=balanced_accuracy_score(target, answers.labels)),
    ]
    if len(known) == answers.numbers.shape[1]:
        loss = log_loss(target, answers.numbers, labels=known)
        found.append(Score(name="log_loss", value=loss, higher_is_better=False))
        # Text labels are sorted like the columns; the last one counts as the positive class.
        ranked = answers.numbers[:, 1] if len(known) == 2 else answers.numbers  # noqa: PLR2004  # binary
        found.append(Score(name="roc_auc", value=roc_auc_score(target, ranked, multi_class="ovr", labels=known)))
    return tuple(found)


def first_score(target: NDArray[Any], answers: Answers) -> Score:
    """The one that tables and gates speak of."""
    if answers.labels is None:
        return Score(name="r2", value=r2_score(target, answers.numbers[:, 0]))
    return Score(name="accuracy", value=accuracy_score(target, answers.labels))
