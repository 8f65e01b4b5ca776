"""What a classifier decides by, for those who calibrate it or set its threshold: its decision function, else its
probabilities; one column for two classes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, NuSVC

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block
from slipway_training.export.estimators.adaboost import adaboost_decision
from slipway_training.export.estimators.bagging import chosen, mean
from slipway_training.export.estimators.boosting import exact_scores, raw_scores
from slipway_training.export.estimators.forests import FORESTS, exact_shares
from slipway_training.export.estimators.lightgbm_trees import lightgbm_scores
from slipway_training.export.estimators.linear import linear_decision
from slipway_training.export.estimators.support_vectors import support_vector_decision
from slipway_training.export.pipeline_walk import Translation, below
from slipway_training.export.sparse import remembered_densely


def exact_decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The same as `decision`, where trees give float64 to nearly its last place: for steps that are steep."""
    last, rest, place = _last_step(translation, fitted, blocks, path)
    if isinstance(last, (GradientBoostingClassifier, HistGradientBoostingClassifier)):
        return exact_scores(translation, last, rest, place)
    if isinstance(last, FORESTS):
        return _second_of_two(translation, last, exact_shares(translation, last, rest, place))
    return decision(translation, last, rest, place)


def decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """[rows, classes], or [rows, 1] for two classes, float64; raises ConversionError."""
    fitted, blocks, path = _last_step(translation, fitted, blocks, path)
    own = next((write for types, write in _OWN if isinstance(fitted, types)), None)
    if type(fitted).__name__ == "LGBMClassifier":
        own = lightgbm_scores
    if not hasattr(fitted, "decision_function"):
        own = probability
    elif own is None:
        raise ConversionError(
            f"step {path}: the decision function of {type(fitted).__name__} has no exact form here; "
            "use LogisticRegression, SVC or RandomForestClassifier under it"
        )
    return own(translation, remembered_densely(fitted), blocks, path)


def _last_step(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str
) -> tuple[Any, Sequence[Block], str]:
    """Through pipelines and searches to the estimator that decides, with the table that it gets and its place."""
    while True:
        match fitted:
            case Pipeline():
                (*before, (name, fitted)) = fitted.steps
                blocks = translation.transform(Pipeline(before), list(blocks), path) if before else blocks
                path = below(path, name)
            case GridSearchCV() | RandomizedSearchCV():
                fitted = fitted.best_estimator_
            case _:
                return fitted, blocks, path


def _bag_decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    if any(len(member.classes_) != len(fitted.classes_) for member in fitted.estimators_):
        raise ConversionError(f"step {path}: a member has not seen every class; draw more rows, with max_samples=1.0")
    tables = enumerate(zip(fitted.estimators_, chosen(translation, fitted, blocks), strict=True))
    return mean(translation, [decision(translation, one, table, f"{path}.{number}") for number, (one, table) in tables])


def probability(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """Its probabilities, of two classes the second's alone."""
    output = translation.output(fitted, list(blocks), path)
    numbers = translation.double(str(output.numbers), is_double=output.is_double)
    return _second_of_two(translation, fitted, numbers)


def _second_of_two(translation: Translation, fitted: Any, numbers: str) -> str:
    if len(fitted.classes_) > 2:  # noqa: PLR2004  # one column says it all for two
        return numbers
    return translation.assembly.add("Gather", [numbers, translation.assembly.constant(np.array([1]))], axis=1)


_OWN: tuple[tuple[Any, Callable[[Translation, Any, Sequence[Block], str], str]], ...] = (
    (LinearClassifierMixin, linear_decision),
    (GradientBoostingClassifier | HistGradientBoostingClassifier, raw_scores),
    (SVC | NuSVC, support_vector_decision),
    (AdaBoostClassifier, adaboost_decision),
    (BaggingClassifier, _bag_decision),
)
"""What has a decision function in float64; a bag has one where its members have."""
