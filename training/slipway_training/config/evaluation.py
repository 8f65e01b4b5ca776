"""How a model is evaluated on held-out rows: which metric comes first, which slices, and how sure the figures are."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from slipway_ml.contract.signature import Label, Task
from slipway_training.config.section import Section

ClassificationMetric = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "matthews_corrcoef",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
]
RegressionMetric = Literal["r2", "mean_absolute_error", "root_mean_squared_error", "mean_absolute_percentage_error"]
Metric = ClassificationMetric | RegressionMetric

METRICS: dict[Task, tuple[str, ...]] = {
    Task.CLASSIFICATION: get_args(ClassificationMetric),
    Task.REGRESSION: get_args(RegressionMetric),
}
"""Every metric of a task in scikit-learn's words, the usual first one first."""


LOWER_IS_BETTER: frozenset[Metric] = frozenset(
    {
        "log_loss",
        "brier_score",
        "mean_absolute_error",
        "root_mean_squared_error",
        "mean_absolute_percentage_error",
    }
)


class EvaluationConfig(Section):
    """How a model is evaluated on held-out rows."""

    metric: Metric | None = Field(
        None,
        description="the primary metric, which gates, slices and tables use; none: what `search.scoring` says, "
        "else accuracy, or r2 for values",
    )
    positive: Label | None = Field(
        None,
        description="of two classes the one that precision, recall, F1 and average precision speak of; "
        "none: cost.positive, or the last in the order of the alphabet",
    )
    slices: tuple[str, ...] = Field(
        (), description="columns whose slices are evaluated one by one: each category, each quartile of a number"
    )
    find_slices: bool = Field(True, description="whether slices that are worse than the rest are looked for")
    slice_rows: Annotated[int, Field(ge=10)] = Field(30, description="held-out rows that a slice needs to be evaluated")
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = Field(0.95, description="confidence of every interval")
    resamples: Annotated[int, Field(ge=100, le=10_000)] = Field(
        1000,
        description="resamples of an interval; fewer, at least 200, where rows times classes are over 20,000",
    )
    random_state: int = Field(0, description="seed of the resamples")
