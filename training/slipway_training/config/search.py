"""Which models are tried, what is asked of them, and which of those found is taken."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from slipway_training.config.estimator import EstimatorType
from slipway_training.config.section import Section

ScoringName = Literal[
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "f1",
    "matthews_corrcoef",
    "neg_brier_score",
    "neg_expected_cost",
    "neg_log_loss",
    "neg_mean_absolute_error",
    "neg_root_mean_squared_error",
    "precision",
    "r2",
    "recall",
    "roc_auc",
]
_NEGATIVE = "neg_"


def metric_of(scoring: str) -> str:
    """The metric of `[evaluation]` that a scoring is, which may be the same with its sign turned."""
    return scoring.removeprefix(_NEGATIVE)


def scoring_of_metric(metric: str | None) -> ScoringName | None:
    """The scoring that goes by a metric; None where there is none."""
    return next((name for name in get_args(ScoringName) if metric_of(name) == metric), None)


Against = Literal["latency", "size", "nothing"]


class SpanConfig(Section):
    """Numbers between two ends, whole where both are."""

    low: int | float
    high: int | float
    log: bool = Field(False, description="whether each order of magnitude is as likely as the others")

    @model_validator(mode="after")
    def _rises(self) -> "SpanConfig":
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("a space of [search] needs low < high, and with log = true low above 0")
        return self


Space = dict[str, SpanConfig | list[Any]]
"""Parameter = {low, high, log} or a list of values."""


class SearchConfig(Section):
    """A search over families of estimators and their parameters, by score and by what a prediction takes to compute.

    Every trial is exported and measured as it would be served. `[estimator]` may be left out; if it is given, its
    parameters hold in the trials of its type wherever the space has no such.
    """

    families: tuple[EstimatorType, ...] = Field((), description="estimators that are tried; [] tries the usual ones")
    spaces: dict[EstimatorType, Space] = Field(
        {}, description="`search.spaces.TYPE.parameter = {low, high, log}` or a list, in place of the usual space"
    )
    scoring: ScoringName | None = Field(
        None,
        description="by default `neg_expected_cost` with [cost], else what `evaluation.metric` says, "
        "else `accuracy` for classes, `r2` for values",
    )
    against: Against = Field("latency", description="what is wanted small beside a high score, as measured per trial")
    choose: Literal["best_score", "one_standard_error", "share"] = Field(
        "best_score",
        description="the best score, or what is smallest by `against` within one standard error or a share of it",
    )
    share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.01, description="with choose = 'share', how much of the best score may be given up"
    )
    max_latency_us: Annotated[float, Field(gt=0)] | None = Field(
        None, description="microseconds that one row may take in onnxruntime on this machine"
    )
    max_size: Annotated[int, Field(gt=0)] | None = Field(None, description="bytes that the exported graph may have")
    trials: Annotated[int, Field(ge=1)] = Field(40, description="trials in all, with those of earlier runs")
    seconds: Annotated[float, Field(gt=0)] | None = Field(
        None, description="no trial begins after this time; a run with it may try others the next time"
    )
    prune: bool = Field(True, description="stop a trial between folds once one no slower is clearly better")
    sampler: Literal["tpe", "nsga2", "random"] = Field("tpe", description="how the next trial is picked")
    storage: str | None = Field(
        None,
        description="where trials are kept: an SQLAlchemy address such as postgresql+psycopg://host/name, which "
        "several workers may share; by default .slipway/searches.db here; 'memory' keeps nothing",
    )
    random_state: int = Field(0, description="seed of the sampler")
