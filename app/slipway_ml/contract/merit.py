"""shortcomings(manifest): why a version must not become a champion unless somebody says so.

A model that knows no more than the baseline, and a threshold that costs more than deciding the same for every row, look
like any other version from outside; serving them is a decision of people, not a default.
"""

from slipway_ml.contract.evaluation import Decision, Evaluation
from slipway_ml.contract.manifest import ModelManifest


def shortcomings(manifest: ModelManifest) -> tuple[str, ...]:
    """Sentences; empty where nothing speaks against the version."""
    return shortcomings_of(manifest.evaluation, manifest.decision)


def shortcomings_of(evaluation: Evaluation | None, decision: Decision | None) -> tuple[str, ...]:
    """The same before there is a manifest; what was not compared speaks against nothing."""
    found = []
    baseline = evaluation.baseline if evaluation is not None else None
    if baseline is not None and baseline.difference is not None and baseline.score is not None:
        score = baseline.score
        own = score.value + baseline.difference * (1 if score.higher_is_better else -1)
        if baseline.difference <= 0:
            found.append(
                f"the model is no better than the baseline ({baseline.other}): held-out {score.name} is {own:.4f}, the "
                f"baseline's {score.value:.4f}"
            )
    if decision is not None and decision.constant_cost is not None and decision.cost >= decision.constant_cost:
        found.append(
            f"the threshold is no cheaper than predicting {decision.constant} for every row: {decision.cost:.4g} per "
            f"held-out row, {decision.constant_cost:.4g} without a model"
        )
    return tuple(found)
