"""The score that leads: what decisions cost, where costs were given, else the primary metric."""

from slipway_ml.contract.evaluation import Score
from slipway_training.candidate import Trained


def leading_score(trained: Trained) -> Score:
    """The first of `ordered`; there is at least one score."""
    return ordered(trained)[0]


def ordered(trained: Trained) -> tuple[Score, ...]:
    """All scores as people read them; gates and slices go on speaking of the primary metric."""
    cost = trained.candidate.cost
    leading = cost.scores if cost is not None else ()
    names = {score.name for score in leading}
    return (*leading, *(score for score in trained.metrics if score.name not in names))
