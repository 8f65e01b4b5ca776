"""Permutation feature importance."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Trained
from slipway_training.data.tensors import to_tensors
from slipway_training.evaluation.importances import importances
from slipway_training.evaluation.predictions import Predictions, predict_with_session
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.report.leading import leading_score
from slipway_training.report.plots.bars import Bar, bars
from slipway_training.report.plots.style import FULL
from slipway_training.report.section import Figure, Section
from slipway_training.report.words import metric

_MOST_DRAWN = 15


def columns(trained: Trained) -> Section | None:
    """None where no rows were given to evaluate on, or the held-out rows are too few to hold every class."""
    if trained.evaluation is None:
        return None
    signature = trained.signature
    session = OnnxSession(trained.graphs[EXPORTED])

    def predict(frame: pd.DataFrame) -> Predictions:
        return predict_with_session(session, to_tensors(frame, signature), signature.task)

    outcome = trained.candidate.cost

    def cost(rows: NDArray[np.int64], predictions: Predictions) -> float:
        if outcome is None or predictions.labels is None:
            raise AssertionError("nothing costs anything")  # our bug
        return outcome.held_out.take(rows).mean(predictions.labels == outcome.decision.positive)

    first = leading_score(trained)
    found, rows = importances(
        predict,
        trained.candidate.held_out,
        trained.candidate.target,
        trained.config.evaluation,
        signature.labels,
        cost=cost if outcome is not None else None,
    )
    if not found:
        return None
    drawn = found[:_MOST_DRAWN]
    lines = [Bar(one.column, one.mean, (one.lowest, one.highest)) for one in drawn]
    how = "lost" if first.higher_is_better else "added"
    plot = bars(
        "importances",
        "Permutation importances of the columns.",
        lines,
        f"{metric(first.name, trained.config.unit)} {how}",
        width=FULL[0],
    )
    more = f" The {len(found) - len(drawn)} least important columns are left out." if len(found) > len(drawn) else ""
    caption = f"Mean of five shuffles of {rows:,} held-out rows; the line spans the least and the most.{more}"
    lead = (
        f"How much {metric(first.name)} is {how} when the values of a column are shuffled. Columns with the same "
        "information share their importance: each may look unimportant because the other is still there."
    )
    return Section("columns", "Feature importance", lead, (Figure(plot, caption),))
