"""compare(…): two models on the same rows. Their predictions come in pairs, and so does every test of the difference.

Labels are tested by McNemar's exact test (Note on the sampling error of the difference between correlated proportions,
1947): of the rows that one model alone has right, how many are each one's. Values, and every interval of a difference,
come from bootstrap draws of the same rows for both. Where rows belong together, groups are drawn, and labels are tested
by these draws too: McNemar's test takes every row for a witness of its own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from slipway_ml.contract.evaluation import Comparison, Score
from slipway_ml.contract.signature import Label
from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.evaluation.bootstrap import Floats, Groups, draw, middle
from slipway_training.evaluation.metrics import first_score, gain, measurable
from slipway_training.evaluation.predictions import Predictions

MCNEMAR = "McNemar's exact test"
BOOTSTRAP = "paired bootstrap of the difference"
OF_GROUPS = "paired bootstrap of the difference, whole groups at a time"


def compare(
    own: Predictions,
    other: Predictions,
    target: NDArray[Any],
    labels: Sequence[Label] | None,
    config: EvaluationConfig,
    *,
    name: str,
    note: str = "",
    groups: Groups | None = None,
) -> Comparison | None:
    """How much better the model is than another on the same rows; None where the metric says nothing of the other.

    `groups` [n] says which rows belong together, where any do.
    """
    mine = first_score(target, own, labels, config)
    rows = [measurable(target, predictions, labels, config.positive) for predictions in (own, other)]
    draws = [draw(one, len(target), config, mine.name, groups).metrics for one in rows]
    if mine.name not in draws[1]:
        return None
    theirs = first_score(target, other, labels, config)
    difference = draws[0][mine.name] - draws[1][mine.name]
    if not mine.higher_is_better:
        difference = -difference
    is_counted = mine.name == "accuracy" and groups is None
    return Comparison(
        other=name,
        score=Score(name=theirs.name, value=theirs.value, higher_is_better=theirs.higher_is_better),
        difference=gain(mine, theirs.value),
        interval=middle(difference, config.confidence),
        p_value=mcnemar(_right(own, target), _right(other, target)) if is_counted else sign_share(difference),
        test=MCNEMAR if is_counted else BOOTSTRAP if groups is None else OF_GROUPS,
        note=note,
    )


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> float:
    """How often chance alone splits the rows that one model alone has right as unevenly; 1 where there are none."""
    first = int((first_right & ~second_right).sum())
    second = int((second_right & ~first_right).sum())
    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def _right(predictions: Predictions, target: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(predictions.labels == target, dtype=np.bool_)


def sign_share(difference: Floats) -> float:
    """Twice the share of draws on the rarer side of no difference, which is where a p-value of the bootstrap ends."""
    usable = difference[np.isfinite(difference)]
    below, above = int((usable <= 0).sum()), int((usable >= 0).sum())
    return min(1.0, 2 * (min(below, above) + 1) / (len(usable) + 1))
