"""Which columns the answers hang on, by permutation."""

import pandas as pd

from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Trained
from slipway_training.data.tensors import to_tensors
from slipway_training.evaluation.answers import Predictions, predict_with_session
from slipway_training.evaluation.importances import importances
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.report.plots.bars import Bar, bars
from slipway_training.report.plots.style import FULL
from slipway_training.report.section import Figure, Section
from slipway_training.report.words import metric

_MOST_DRAWN = 15


def columns(trained: Trained) -> Section | None:
    """None where there is nothing to judge by, or the held-out rows are too few to hold every class."""
    if trained.evaluation is None:
        return None
    signature = trained.signature
    session = OnnxSession(trained.graphs[EXPORTED])

    def ask(frame: pd.DataFrame) -> Predictions:
        return predict_with_session(session, to_tensors(frame, signature), signature.task)

    first = trained.metrics[0]
    found, rows = importances(
        ask, trained.candidate.held_out, trained.candidate.target, trained.config.evaluation, signature.labels
    )
    if not found:
        return None
    drawn = found[:_MOST_DRAWN]
    lines = [Bar(one.column, one.mean, (one.lowest, one.highest)) for one in drawn]
    how = "lost" if first.higher_is_better else "added"
    plot = bars(
        "importances", "Permutation importances of the columns.", lines, f"{metric(first.name)} {how}", width=FULL[0]
    )
    more = f" The {len(found) - len(drawn)} columns that matter least are left out." if len(found) > len(drawn) else ""
    caption = f"Mean of five shuffles of {rows:,} held-out rows; the line goes from the least to the most.{more}"
    lead = (
        f"How much {metric(first.name)} is {how} when a column is shuffled, so that it says nothing any more. Columns "
        "that say the same share their importance: each may look small because the other is still there."
    )
    return Section("columns", "Feature importance", lead, (Figure(plot, caption),))
