"""Which number type an estimator is written in first; the parity check decides whether it stays.

scikit-learn's trees compare in float32, so they are exact there and nowhere else. A few smooth models differ in float32
by a millionth and are smaller and faster for it. Everything else, above all what jumps, is written in float64.
"""

from typing import Any

from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.tree import BaseDecisionTree

from slipway_training.export.sub_estimators import members

_SMOOTH = (LinearRegression, LogisticRegression, MLPClassifier, MLPRegressor, Ridge)


def prefers_float32(fitted: Any) -> bool:
    """Whether float32 comes first: trees anywhere inside, or a smooth model."""
    if isinstance(fitted, (BaseDecisionTree, *_SMOOTH)):
        return True
    return any(prefers_float32(member) for member in members(fitted) if not isinstance(member, _SMOOTH))
