"""What comes first in report and card: the cost of decisions where costs were given, and what speaks against it."""

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.merit import shortcomings_of
from slipway_training.candidate import Trained


def leading_score(trained: Trained) -> Score:
    """The expected cost, else the primary metric; there is at least one score."""
    return ordered(trained)[0]


def ordered(trained: Trained) -> tuple[Score, ...]:
    """All scores as people read them.

    Gates, slices and variants go on speaking of the primary metric, which is the first of `trained.metrics`.
    """
    cost = trained.candidate.cost
    leading = cost.scores if cost is not None else ()
    names = {score.name for score in leading}
    return (*leading, *(score for score in trained.metrics if score.name not in names))


def shortcomings(trained: Trained) -> tuple[str, ...]:
    """Why the version does not become the champion unasked."""
    cost = trained.candidate.cost
    return shortcomings_of(trained.evaluation, cost.recorded if cost is not None else None)
