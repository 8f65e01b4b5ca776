"""The interval of a score: how far it moves when the held-out rows are drawn again, by the bootstrap.

Efron, B. and Tibshirani, R., An Introduction to the Bootstrap (1993), chapter 13: the percentile interval.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.answers import Answers
from training.evaluation.metrics import first_score

CONFIDENCE = 0.95
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Interval:
    """From and to where the score may lie."""

    low: float
    high: float


def score_interval(target: NDArray[Any], answers: Answers) -> Interval:
    """Of the first score of `answers`, at 95 %; the same for the same rows."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(_DRAWS):
        rows = random.integers(len(target), size=len(target))
        labels = None if answers.labels is None else answers.labels[rows]
        found.append(first_score(target[rows], Answers(labels, answers.numbers[rows])).value)
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))
