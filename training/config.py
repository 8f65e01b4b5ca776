"""TrainingConfig: one TOML file says everything about a model, and nothing else does.

Every key is known here with a sentence; a key that is not, or a value of the wrong type, is an error that names the
key and what is allowed. `load` takes a shipped name or a path, applies `--data` and `--set`, and validates the result.
"""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from app.contract.manifest import ModelName
from app.contract.signature import Kind, Task
from training.errors import ConfigError, closest

Source = Literal["csv", "breast_cancer", "diabetes", "digits", "iris", "wine"]
EstimatorType = Literal[
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "LinearRegression",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "Ridge",
]
Candidate = Literal[
    "weight_int8", "dynamic_int8", "dynamic_int8_per_channel", "dynamic_uint8", "static_int8", "static_int8_per_channel"
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(_Section):
    """Where the rows come from and which columns count."""

    source: Source = Field(description="'csv', or the name of a data set that comes with scikit-learn")
    path: Path | None = Field(None, description="the CSV file; relative to the config file, or given with --data")
    target: str | None = Field(None, description="the column to predict; CSV only, scikit-learn's sets know theirs")
    labels: Literal["numbers", "names"] = Field(
        "numbers", description="for scikit-learn's sets: class labels as numbers, or the set's own class names"
    )
    drop: tuple[str, ...] = Field((), description="columns to leave out, for instance those that give the target away")
    kinds: dict[str, Kind] = Field({}, description="column = kind, where the guessed kind is not the wanted one")
    nullable: tuple[str, ...] = Field((), description="columns that may be missing later though no row lacks them now")

    @model_validator(mode="after")
    def _csv_names_its_target(self) -> "DataConfig":
        if self.source == "csv" and self.target is None:
            raise ValueError("a CSV needs data.target, the column to predict")
        if self.source != "csv" and (self.path, self.target) != (None, None):
            raise ValueError("data.path and data.target are for source = 'csv'")
        return self


class SplitConfig(_Section):
    """Which rows are held out; classes keep their shares."""

    test_size: Annotated[float, Field(gt=0, lt=1)] = Field(0.3, description="share of rows held out")
    random_state: int = Field(0, description="seed of the shuffle")


class FeaturesConfig(_Section):
    """What happens to the columns before the estimator."""

    scale: Literal["standard", "minmax", "none"] = Field("none", description="scaler for number and integer columns")
    missing_numbers: Literal["median", "mean"] = Field("median", description="what a missing number becomes")
    missing_categories: Literal["most_frequent", "constant"] = Field(
        "constant", description="a missing text becomes the most frequent one, or a category of its own"
    )
    unseen_categories: Literal["allowed", "refused"] = Field(
        "allowed", description="whether a category that was not seen in training may be asked about"
    )


class EstimatorConfig(_Section):
    """The scikit-learn estimator at the end of the pipeline."""

    type: EstimatorType = Field(description="its class")
    parameters: dict[str, Any] = Field({}, description="its constructor's arguments")


class ParityConfig(_Section):
    """How exactly the ONNX graph must repeat scikit-learn; labels must always be the same."""

    tolerance: Annotated[float, Field(gt=0)] = Field(
        1e-5,
        description="largest difference of a probability, or of a value relative to the spread of all or to its size",
    )
    max_edge_rows: Annotated[int, Field(ge=5000)] = Field(20_000, description="bound on the made-up edge rows")


class GateConfig(_Section):
    """What a smaller variant may change, and what any version must reach."""

    flip_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.002, description="largest share of held-out rows whose label a smaller variant may change"
    )
    probability_change: Annotated[float, Field(ge=0, le=1)] = Field(
        0.02, description="largest change of any probability on held-out rows; for regression, of a value by its spread"
    )
    score_drop: Annotated[float, Field(ge=0)] = Field(0.002, description="how much the first metric may get worse")
    size_saving: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1, description="share of the exact graph's size that a smaller variant must save"
    )
    minimum_score: float | None = Field(None, description="held-out score below which nothing is published")


class QuantizeConfig(_Section):
    """Which smaller variants are tried."""

    candidates: tuple[Candidate, ...] = Field(get_args(Candidate), description="names of variants; [] tries none")


class ModelConfig(_Section):
    """What a model is called, and how it is proved, judged and made smaller, whoever fitted it."""

    name: ModelName = Field(description="name of the model in the registry and in URLs")
    task: Task = Field(description="'classification' or 'regression'")
    description: str = Field("", description="one sentence for the model card")
    parity: ParityConfig = ParityConfig()
    gate: GateConfig = GateConfig()
    quantize: QuantizeConfig = QuantizeConfig()


class TrainingConfig(ModelConfig):
    """Everything that decides what is trained; it is saved with the model."""

    data: DataConfig
    split: SplitConfig = SplitConfig()
    features: FeaturesConfig = FeaturesConfig()
    estimator: EstimatorConfig

    @model_validator(mode="after")
    def _estimator_fits_task(self) -> "TrainingConfig":
        is_regressor = "Regress" in self.estimator.type and self.estimator.type != "LogisticRegression"
        if (is_regressor or self.estimator.type == "Ridge") != (self.task is Task.REGRESSION):
            raise ValueError(f"estimator.type {self.estimator.type} is not for task '{self.task}'")
        return self


_Config = TypeVar("_Config", bound=ModelConfig)


def shipped() -> dict[str, Traversable]:
    """The configs that come with Slipway, by name."""
    folder = files("training") / "configs"
    found = {entry.name.removesuffix(".toml"): entry for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return dict(sorted(found.items()))


def load(reference: str, data: Path | None = None, changes: Sequence[str] = ()) -> TrainingConfig:
    """Read a config by shipped name or path, with the options of the command applied; raises ConfigError."""
    document, folder = _read(reference)
    for change in changes:
        _apply(document, change)
    config = parse(document)
    if data is not None:
        if config.data.source != "csv":
            raise ConfigError(f"--data is for configs with source = 'csv'; {reference} reads a set of scikit-learn")
        return config.model_copy(update={"data": config.data.model_copy(update={"path": data})})
    if config.data.path is not None and folder is not None:
        where = folder / config.data.path
        return config.model_copy(update={"data": config.data.model_copy(update={"path": where})})
    return config


def parse(document: dict[str, Any]) -> TrainingConfig:
    """Validate what a TOML file holds; raises ConfigError with the first problem in one sentence."""
    return _validated(TrainingConfig, document)


def for_fitted(document: dict[str, Any]) -> ModelConfig:
    """Validate what was said of a pipeline that is fitted already; raises ConfigError."""
    return _validated(ModelConfig, document)


def _validated(model: type[_Config], document: dict[str, Any]) -> _Config:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        # A misspelt key also leaves the right one missing; the misspelling is the cause.
        problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError(f"config: {_sentence(problems[0])}{more}") from None


def _read(reference: str) -> tuple[dict[str, Any], Path | None]:
    known = shipped()
    path = Path(reference)
    if reference in known and not path.is_file():
        return tomllib.loads(known[reference].read_text("utf-8")), None
    try:
        return tomllib.loads(path.read_text("utf-8")), path.parent
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"no config {reference!r}: neither a file nor one of the shipped {', '.join(known)}"
        ) from None
    except OSError as error:
        raise ConfigError(f"config {reference!r} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config {reference!r} is not TOML: {error}") from None


def _apply(document: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    *parents, last = key.strip().split(".")
    if not equals or not last:
        raise ConfigError(f"--set {change!r} is not of the form section.key=VALUE")
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(f"--set {key.strip()}: the value is no TOML literal; text needs quotes of its own") from None
    section = document
    for parent in parents:
        section = section.setdefault(parent, {})
        if not isinstance(section, dict):
            raise ConfigError(f"--set {key.strip()}: {parent!r} is a value, not a section")
    section[last] = value


def _sentence(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"]))
    match problem["type"]:
        case "extra_forbidden":
            *parents, last = map(str, problem["loc"])
            return f"unknown key '{where}'{closest(last, _keys(parents))}"
        case "missing":
            return f"'{where}' is missing"
        case "value_error":
            return str(problem["msg"]).removeprefix("Value error, ")
        case _:
            message = str(problem["msg"]).removeprefix("Input should be ")
            return f"'{where}' must be {message}"


def _keys(parents: Sequence[str]) -> list[str]:
    model: type[BaseModel] = TrainingConfig
    for parent in parents:
        annotation = model.model_fields[parent].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
