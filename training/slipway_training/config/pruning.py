"""Whether a model is made smaller while it is trained, and how much of its score that may take."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from slipway_training.config.section import Section

Method = Literal["fewer_trees", "cost_complexity", "hidden_units"]
PRUNABLE: Mapping[Method, tuple[str, ...]] = {
    "fewer_trees": (
        "AdaBoost",
        "Bagging",
        "CatBoost",
        "ExtraTrees",
        "GradientBoosting",
        "HistGradientBoosting",
        "LGBM",
        "RandomForest",
        "XGB",
    ),
    "cost_complexity": ("DecisionTree", "ExtraTrees", "RandomForest"),
    "hidden_units": ("MLP",),
}
"""What each method is for: names of estimators without Classifier or Regressor."""


class PruningConfig(Section):
    """Pruning while training: fewer trees or iterations, smaller trees, or fewer hidden units of a network.

    It goes on for as long as the mean score on the folds of the rows to learn from stays near the best one seen.
    Held-out rows are not looked at. By default near is within the standard error over the folds.
    """

    method: Method = Field(
        description="a shorter ensemble, a larger `ccp_alpha`, or hidden units of least weight removed and the rest "
        "fitted on"
    )
    tolerance: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = Field(
        None, description="how much of the score may be given up, in its own unit; by default one standard error"
    )

    def check(self, estimator: str) -> None:
        """Raises ValueError for an estimator that the method is not for."""
        known = PRUNABLE[self.method]
        if estimator.removesuffix("Classifier").removesuffix("Regressor") not in known:
            raise ValueError(f"pruning.method '{self.method}' is for {', '.join(known)}, and not for {estimator}")
