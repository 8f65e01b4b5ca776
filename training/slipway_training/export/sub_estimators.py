"""members(fitted): the estimators that an estimator asks, one level down, whatever scikit-learn calls them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

_ATTRIBUTES = ("estimators_", "calibrated_classifiers_", "best_estimator_", "regressor_", "estimator_")
"""The first that is there: an ensemble's `estimator_` is only what its members were made from."""


def members(fitted: Any) -> Iterator[Any]:
    """Fitted members; nothing for an estimator that stands alone. A stack's last estimator is none of them."""
    name = next((name for name in _ATTRIBUTES if hasattr(fitted, name)), "")
    found = getattr(fitted, name) if name else []
    if isinstance(found, BaseEstimator):
        yield found
        return
    for member in found if isinstance(found, list) else np.ravel(np.array(found, dtype=object)):
        estimator = member.estimator if name == "calibrated_classifiers_" else member
        if isinstance(estimator, list):
            yield from estimator
        elif isinstance(estimator, BaseEstimator):
            yield estimator


def tree_nodes(fitted: Any) -> int:
    """How many nodes the trees of scikit-learn have that an estimator or a pipeline asks."""
    last = fitted.steps[-1][1] if isinstance(fitted, Pipeline) else fitted
    return int(last.tree_.node_count) if hasattr(last, "tree_") else sum(map(tree_nodes, members(last)))


def flat(fitted: Any) -> list[tuple[str, Any]]:
    """The steps of pipelines that end in pipelines; the estimator comes last."""
    if not isinstance(fitted, Pipeline):
        return [("", fitted)]
    *before, (name, last) = fitted.steps
    return [*before, *flat(last)] if isinstance(last, Pipeline) else [*before, (name, last)]
