"""Metrics of a classifier for many weightings of the same rows at once, so that a thousand resamples take one pass.

Definitions are scikit-learn's. Two classes: precision, recall, F1 and average precision are those of the last label,
which counts as the positive class; more classes: the plain mean over classes, each against all others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BINARY = 2
_AREAS = ("roc_auc", "average_precision")


@dataclass(frozen=True, slots=True)
class Classified:
    """Rows as a metric sees them.

    `truth` and `given` are class numbers [n]; `probabilities` [n, classes] is None where a metric on them has no
    meaning: the model has none, or the rows hold a class that it does not know.
    """

    truth: NDArray[np.int64]
    given: NDArray[np.int64]
    probabilities: Floats | None
    classes: int

    def measure(self, weights: Floats, only: str | None = None) -> dict[str, Floats]:
        """Every metric [draws] for weights [draws, n]; NaN where a draw has no row that the metric needs.

        Where one metric is wanted `only`, others that take long are left out.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            found = {**self._of_labels(weights), **self._of_probabilities(weights)}
            if only in {None, *_AREAS}:
                found |= self._areas(weights)
            return found

    def _of_labels(self, weights: Floats) -> dict[str, Floats]:
        every = np.arange(self.classes)
        is_class, said = self.truth[:, None] == every, self.given[:, None] == every
        hits, truly, given = (weights @ table.astype(np.float64) for table in (is_class & said, is_class, said))
        total = weights.sum(axis=1)
        recall = np.where(truly > 0, hits / truly, np.nan)
        precision = np.where(given > 0, hits / given, 0.0)
        f1 = 2 * hits / (truly + given)
        seen = truly + given > 0
        return {
            "accuracy": hits.sum(axis=1) / total,
            "balanced_accuracy": _mean(recall, truly > 0),
            "precision": self._of_class(precision, seen),
            "recall": self._of_class(np.nan_to_num(recall), seen),
            "f1": self._of_class(np.nan_to_num(f1), seen),
            "matthews_corrcoef": _matthews(hits, truly, given, total),
        }

    def _of_class(self, figures: Floats, seen: NDArray[np.bool_]) -> Floats:
        return figures[:, -1] if self.classes == _BINARY else _mean(figures, seen)

    def _of_probabilities(self, weights: Floats) -> dict[str, Floats]:
        if self.probabilities is None:
            return {}
        rows = np.arange(len(self.truth))
        smallest = np.finfo(np.float64).eps
        loss = -np.log(np.clip(self.probabilities[rows, self.truth], smallest, 1.0))
        squares = (self.probabilities - np.eye(self.classes)[self.truth]) ** 2
        total = weights.sum(axis=1)
        return {
            "log_loss": weights @ loss / total,
            "brier_score": weights @ squares.sum(axis=1) / total / (2.0 if self.classes == _BINARY else 1.0),
        }

    def _areas(self, weights: Floats) -> dict[str, Floats]:
        if self.probabilities is None or len(np.unique(self.truth)) < self.classes:
            return {}
        positives = (1,) if self.classes == _BINARY else range(self.classes)
        areas = [ranking(self.probabilities[:, k], self.truth == k, weights) for k in positives]
        return {name: np.mean([area[i] for area in areas], axis=0) for i, name in enumerate(_AREAS)}


def ranking(scores: Floats, is_positive: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Area under the ROC curve and average precision [draws], for weights [draws, n]; equal scores are one step."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    ordered = weights[:, order]
    positive = np.cumsum(ordered * is_positive[order], axis=1)[:, ends]
    negative = np.cumsum(ordered * ~is_positive[order], axis=1)[:, ends]
    new_positive, new_negative = np.diff(positive, prepend=0.0), np.diff(negative, prepend=0.0)
    area = (new_negative * (positive - new_positive / 2)).sum(axis=1) / (positive[:, -1] * negative[:, -1])
    precision = positive / np.maximum(positive + negative, np.finfo(np.float64).tiny)
    return area, (new_positive * precision).sum(axis=1) / positive[:, -1]


def _mean(figures: Floats, counted: NDArray[np.bool_]) -> Floats:
    means: Floats = np.where(counted, figures, 0.0).sum(axis=1) / counted.sum(axis=1)
    return means


def _matthews(hits: Floats, truly: Floats, given: Floats, total: Floats) -> Floats:
    """For any number of classes (Gorodkin, Comparing two K-category assignments by a K-category correlation, 2004)."""
    covariance = hits.sum(axis=1) * total - (truly * given).sum(axis=1)
    spread = (total**2 - (given**2).sum(axis=1)) * (total**2 - (truly**2).sum(axis=1))
    return np.where(spread > 0, covariance / np.sqrt(spread), 0.0)
