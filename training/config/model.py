"""ModelConfig: what is said of a model whoever fitted it; TrainingConfig: everything that decides what is trained."""

from pydantic import Field, model_validator

from app.contract.manifest import ModelName
from app.contract.signature import Task
from training.config.cost import CalibrationConfig, CostConfig, ImbalanceConfig
from training.config.data import DataConfig
from training.config.estimator import EstimatorConfig, task_of
from training.config.features import FeaturesConfig
from training.config.optimize import OptimizeConfig
from training.config.proof import GateConfig, ParityConfig
from training.config.section import Section
from training.config.split import SplitConfig


class ModelConfig(Section):
    """What a model is called, and how it is proved, judged and made smaller, whoever fitted it."""

    name: ModelName = Field(description="name of the model in the registry and in URLs")
    task: Task = Field(description="'classification' or 'regression'")
    description: str = Field("", description="one sentence for the model card")
    parity: ParityConfig = ParityConfig()
    gate: GateConfig = GateConfig()
    optimize: OptimizeConfig = OptimizeConfig()


class TrainingConfig(ModelConfig):
    """Everything that decides what is trained; it is saved with the model."""

    data: DataConfig
    split: SplitConfig = SplitConfig()
    features: FeaturesConfig = FeaturesConfig()
    estimator: EstimatorConfig
    imbalance: ImbalanceConfig = ImbalanceConfig()
    calibration: CalibrationConfig = CalibrationConfig()
    cost: CostConfig | None = None

    @model_validator(mode="after")
    def _estimator_fits_task(self) -> "TrainingConfig":
        if task_of(self.estimator.type) is not self.task:
            raise ValueError(f"estimator.type {self.estimator.type} is not for task '{self.task}'")
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
