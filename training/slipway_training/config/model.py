"""ModelConfig: what is said of a model whoever fitted it; TrainingConfig: everything that decides what is trained."""

from typing import Any

from pydantic import Field, model_validator

from slipway_ml.contract.manifest import ModelName
from slipway_ml.contract.signature import Task
from slipway_training.config.cost import CalibrationConfig, CostConfig, ImbalanceConfig
from slipway_training.config.curves import CurvesConfig
from slipway_training.config.data import DataConfig
from slipway_training.config.estimator import EstimatorConfig, task_of
from slipway_training.config.evaluation import METRICS, EvaluationConfig
from slipway_training.config.features import FeaturesConfig
from slipway_training.config.optimize import OptimizeConfig
from slipway_training.config.proof import GateConfig, ParityConfig
from slipway_training.config.pruning import PruningConfig
from slipway_training.config.search import SearchConfig, metric_of
from slipway_training.config.section import Section
from slipway_training.config.serving import InputsConfig, ServingConfig
from slipway_training.config.split import SplitConfig


class ModelConfig(Section):
    """What a model is called, and how it is compared, judged and made smaller, whoever fitted it."""

    name: ModelName = Field(description="name of the model in the registry and in URLs")
    task: Task = Field(description="'classification' or 'regression'")
    description: str = Field("", description="one sentence for the model card")
    owner: str = Field("", description="owner of the model: a team or an address, for the model card")
    intended_use: str = Field("", description="what the model is meant for, for the model card")
    limitations: tuple[str, ...] = Field((), description="sentences on what it must not be used for, or does badly")
    unit: str = Field(
        "", max_length=40, description="unit of the target of a regression, such as 'EUR', for report and messages"
    )
    parity: ParityConfig = ParityConfig()
    gate: GateConfig = GateConfig()
    optimize: OptimizeConfig = OptimizeConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    serving: ServingConfig = ServingConfig()
    inputs: InputsConfig = InputsConfig()

    @model_validator(mode="after")
    def _unit_is_of_values(self) -> "ModelConfig":
        if self.unit and self.task is not Task.REGRESSION:
            raise ValueError("unit is that of a value, and task 'classification' has none; leave it out")
        return self

    @model_validator(mode="after")
    def _metrics_fit_task(self) -> "ModelConfig":
        named = {
            "evaluation.metric": self.evaluation.metric,
            **{f"gate.limits.{name}": name for name in self.gate.limits},
        }
        for key, metric in named.items():
            if metric is not None and metric not in METRICS[self.task]:
                known = ", ".join(METRICS[self.task])
                raise ValueError(f"{key}: {metric} is no metric of task '{self.task}'; there are {known}")
        if (self.gate.slice_score, self.gate.slice_gap) != (None, None) and not self.evaluation.slices:
            raise ValueError("gate.slice_score and gate.slice_gap judge the columns of evaluation.slices; name some")
        return self


class TrainingConfig(ModelConfig):
    """Everything that decides what is trained; it is saved with the model."""

    data: DataConfig
    split: SplitConfig = SplitConfig()
    features: FeaturesConfig = FeaturesConfig()
    estimator: EstimatorConfig
    imbalance: ImbalanceConfig = ImbalanceConfig()
    calibration: CalibrationConfig = CalibrationConfig()
    cost: CostConfig | None = None
    search: SearchConfig | None = None
    pruning: PruningConfig | None = None
    curves: CurvesConfig = CurvesConfig()

    @model_validator(mode="before")
    @classmethod
    def _search_begins_somewhere(cls, document: Any) -> Any:
        if isinstance(document, dict) and document.get("search") is not None and "estimator" not in document:
            families = document["search"].get("families") if isinstance(document["search"], dict) else None
            usual = "Ridge" if document.get("task") == Task.REGRESSION else "LogisticRegression"
            return {**document, "estimator": {"type": (families or [usual])[0]}}
        return document

    @model_validator(mode="before")
    @classmethod
    def _judged_by_what_is_searched_by(cls, document: Any) -> Any:
        search = document.get("search") if isinstance(document, dict) else None
        evaluation = document.get("evaluation", {}) if isinstance(document, dict) else None
        if not isinstance(search, dict) or not isinstance(evaluation, dict) or evaluation.get("metric") is not None:
            return document
        metric = metric_of(str(search.get("scoring")))
        known = METRICS.get(Task.REGRESSION if document.get("task") == Task.REGRESSION else Task.CLASSIFICATION, ())
        return {**document, "evaluation": {**evaluation, "metric": metric}} if metric in known else document

    @model_validator(mode="before")
    @classmethod
    def _what_is_looked_for_is_positive(cls, document: Any) -> Any:
        cost = document.get("cost") if isinstance(document, dict) else None
        evaluation = document.get("evaluation", {}) if isinstance(document, dict) else None
        if isinstance(cost, dict) and isinstance(evaluation, dict) and cost.get("positive") is not None:
            return {**document, "evaluation": {"positive": cost["positive"], **evaluation}}
        return document

    @model_validator(mode="after")
    def _estimator_fits_task(self) -> "TrainingConfig":
        if task_of(self.estimator.type) is not self.task:
            raise ValueError(f"estimator.type {self.estimator.type} is not for task '{self.task}'")
        return self

    @model_validator(mode="after")
    def _pruning_fits_estimator(self) -> "TrainingConfig":
        if self.pruning is None:
            return self
        if self.search is not None and not self.search.families:
            raise ValueError("[pruning] after a [search] needs search.families: those that pruning.method is for")
        for name in self.search.families if self.search is not None else (self.estimator.type,):
            self.pruning.check(name)
        is_nested = self.cost is not None or self.calibration.method != "none"
        if self.pruning.method == "hidden_units" and is_nested:
            raise ValueError(
                "pruning.method 'hidden_units' fits a network on from its own weights, which [cost] and "
                "[calibration] would begin anew; leave them out, or name a smaller hidden_layer_sizes"
            )
        return self

    @model_validator(mode="after")
    def _decisions_are_for_classes(self) -> "TrainingConfig":
        if self.task is Task.REGRESSION:
            for section, is_used in (
                ("cost", self.cost is not None),
                ("calibration", self.calibration.method != "none"),
                ("imbalance", self.imbalance.method != "none"),
            ):
                if is_used:
                    raise ValueError(f"[{section}] is for classification; leave it out for values")
        return self
