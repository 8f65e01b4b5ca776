"""The held-out rows of a classifier as plots need them: numbers of classes, and which class is looked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway_training.candidate import Trained


@dataclass(frozen=True, slots=True)
class ReportRows:
    """`truth` and `given` are class numbers [n], `probabilities` is [n, classes] or None, `labels` are texts.

    `positive` is the number of the class that is looked for where there are two, else None.
    """

    truth: NDArray[np.int64]
    given: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None
    labels: tuple[str, ...]
    positive: int | None


def report_rows(trained: Trained) -> ReportRows | None:
    """None for a regressor, where there is nothing to judge by, and for labels that the model does not know."""
    labels, predictions, target = trained.signature.labels, trained.predictions, trained.candidate.target.tolist()
    if labels is None or predictions.labels is None or trained.evaluation is None:
        return None
    number = {label: position for position, label in enumerate(labels)}
    given = predictions.labels.tolist()
    if not set(target) | set(given) <= number.keys():
        return None
    positive = None
    if len(labels) == 2:  # noqa: PLR2004  # a choice between two
        wanted = trained.config.evaluation.positive
        positive = 1 if wanted is None else number[wanted]
    return ReportRows(
        np.array([number[label] for label in target]),
        np.array([number[label] for label in given]),
        predictions.numbers if predictions.numbers.shape[1] == len(labels) else None,
        tuple(map(str, labels)),
        positive,
    )
