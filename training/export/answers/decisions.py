"""What a classifier decides by, for those who calibrate it or set its threshold: its decision function, else its
probabilities; one column for two classes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.pipeline import Pipeline

from training.errors import ConversionError
from training.export.answers.boosting import raw_scores
from training.export.answers.linear import linear_decision
from training.export.blocks import Block
from training.export.translation import Translation, below


def decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """[rows, classes], or [rows, 1] for two classes, float64; raises ConversionError."""
    if isinstance(fitted, Pipeline):
        name, last = fitted.steps[-1]
        before = fitted.steps[:-1]
        rest = translation.transform(Pipeline(before), list(blocks), path) if before else list(blocks)
        return decision(translation, last, rest, below(path, name))
    if isinstance(fitted, LinearClassifierMixin):
        return linear_decision(translation, fitted, blocks, path)
    if isinstance(fitted, GradientBoostingClassifier | HistGradientBoostingClassifier):
        return raw_scores(translation, fitted, blocks, path)
    if hasattr(fitted, "decision_function"):
        raise ConversionError(
            f"step {path}: the decision function of {type(fitted).__name__} has no exact form here; "
            "use LogisticRegression, LinearSVC or RandomForestClassifier under it"
        )
    return probability(translation, fitted, blocks, path)


def probability(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """Its probabilities, of two classes the second's alone."""
    answer = translation.answer(fitted, list(blocks), path)
    numbers = translation.double(str(answer.numbers), is_double=answer.is_double)
    if len(fitted.classes_) > 2:  # noqa: PLR2004  # one column says it all for two
        return numbers
    return translation.assembly.add("Gather", [numbers, translation.assembly.constant(np.array([1]))], axis=1)
