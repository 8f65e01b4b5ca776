"""Permutation importances: how much the first score loses when one column of the held-out rows is shuffled.

Breiman's measure (Random Forests, 2001), asked of the exported graph, which says what the pipeline says and is faster.
Columns are the user's own, before any preprocessing. A column that says the same as another one counts for little here:
the model can read the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.signature import Label
from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.errors import ConfigError
from slipway_training.evaluation.metrics import first_score, gain
from slipway_training.evaluation.predictions import Predictions

_RESPONSES = 100_000
"""Rows asked in all, so that the time is bounded whatever the table is like."""

_MOST_ROWS = 2000
_FEWEST_ROWS = 50
_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Importance:
    """Mean loss of the score over the shuffles, the smallest and the largest."""

    column: str
    mean: float
    lowest: float
    highest: float


def importances(
    ask: Callable[[pd.DataFrame], Predictions],
    frame: pd.DataFrame,
    target: NDArray[Any],
    config: EvaluationConfig,
    labels: Sequence[Label] | None,
    seed: int = 0,
    cost: Callable[[NDArray[np.int64], Predictions], float] | None = None,
) -> tuple[tuple[Importance, ...], int]:
    """Columns by their importance, the most important first, and how many rows were asked for each shuffle.

    `cost` is what predictions for rows of these numbers cost, where that leads; else the first score of the config.
    """
    random = np.random.default_rng(seed)
    columns = list(frame.columns)
    most = max(_FEWEST_ROWS, min(_MOST_ROWS, _RESPONSES // (_REPEATS * len(columns))))
    rows = np.sort(random.permutation(len(frame))[:most])
    frame, target = frame.iloc[rows].reset_index(drop=True), target[rows]

    def measure(predictions: Predictions) -> Score:
        if cost is not None:
            return Score(name="expected_cost", value=cost(rows, predictions), higher_is_better=False)
        return first_score(target, predictions, labels, config)

    try:
        whole = measure(ask(frame))
    except ConfigError:
        return (), len(frame)  # not every class is among these rows
    found = []
    for name in columns:
        losses = []
        for _ in range(_REPEATS):
            shuffled = frame.copy(deep=False)
            shuffled[name] = frame[name].to_numpy()[random.permutation(len(frame))]
            losses.append(gain(whole, measure(ask(shuffled)).value))
        found.append(Importance(name, float(np.mean(losses)), min(losses), max(losses)))
    return tuple(sorted(found, key=lambda one: (-one.mean, one.column))), len(frame)
