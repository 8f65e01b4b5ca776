"""The manifest: everything that is known about one published version, written once beside the model.

`schema` is the number of this format. A change that old readers may ignore keeps the number; a change they must not
ignore raises it, keeps the reader of the old number here, and adds a golden file to the tests. A server refuses a
number above SCHEMA.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from slipway_ml.contract.evaluation import About, Decision, Evaluation, Part, Score
from slipway_ml.contract.input_policy import InputPolicy
from slipway_ml.contract.model_options import ServingRequest
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.signature import Kind, Label, Signature
from slipway_ml.contract.stored_document import read_document, written
from slipway_ml.contract.variant import HardwareClass, Quantized, Variant

MANIFEST_FILE = "manifest.json"
SCHEMA = 3
"""3 is written where values are float64, which readers of 2 would call float32; 2 where a regression has several
targets, which readers of 1 would take for one value; else 1."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
Cell = bool | int | float | str | None
"""One value of a row; None is missing."""


_CELL_TYPES: dict[Kind, set[type]] = {
    Kind.NUMBER: {int, float},
    Kind.INTEGER: {int, float},
    Kind.BOOLEAN: {bool},
    Kind.CATEGORY: {str},
}


class FileDigest(Part):
    """SHA-256 and size in bytes of one file of the version."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]


MOST_GOLDEN_ROWS = 10_000
"""Far more than are recorded; a server replays them all before a version serves."""
LARGEST_TOLERANCE = 0.5
"""Of the largest number among the golden rows, or of 1: more than any gate allows, and still a comparison."""


class GoldenRow(Part):
    """A synthetic row with the prediction of the published graph; `label` or `value` as the task says.

    `value` is one number, or one for each of the signature's targets.
    """

    row: dict[str, Cell]
    label: Label | None = None
    probabilities: tuple[float, ...] | None = None
    value: float | tuple[float, ...] | None = None

    @property
    def numbers(self) -> tuple[float, ...]:
        """Probabilities or values, in the order of the signature."""
        if self.value is None:
            return self.probabilities or ()
        return self.value if isinstance(self.value, tuple) else (self.value,)


class GoldenRows(Part):
    """Rows a server replays before the version may serve. Labels must match exactly, numbers within `tolerance`."""

    rows: Annotated[tuple[GoldenRow, ...], Field(min_length=1, max_length=MOST_GOLDEN_ROWS)]
    tolerance: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _compares(self) -> "GoldenRows":
        largest = max([1.0, *(abs(number) for row in self.rows for number in row.numbers)])
        if self.tolerance > LARGEST_TOLERANCE * largest:
            raise ValueError("the tolerance of the golden rows is so large that they compare nothing")
        return self


class Severity(StrEnum):
    """How bad a finding is: an error stopped the training (and is in no manifest), a warning went along."""

    ERROR = "error"
    WARNING = "warning"


class Finding(Part):
    """What a check of the training data found: never a value, but how many rows of how many it concerns.

    `check` is the check's name; `column` is empty where the finding is about the table; `remedy` says what to do.
    """

    check: str
    severity: Severity
    message: str
    remedy: str
    column: str = ""
    rows: Annotated[int, Field(ge=0)] = 0
    of: Annotated[int, Field(ge=0)] = 0


class SourceRecord(Part):
    """One of several tables that were joined: a digest of what was in it, and how many rows it had."""

    name: str
    digest: Sha256
    rows: Annotated[int, Field(ge=0)]


class Trial(Part):
    """An estimator that a search tried: its mean score over the folds, and what its exported graph took to serve."""

    estimator: str
    parameters: dict[str, Any]
    score: float
    standard_error: Annotated[float, Field(ge=0)]
    latency_us: float
    size: int


class Selection(Part):
    """How the estimator was found: the rule in words, the trial taken, and the Pareto front it was taken from."""

    rule: str
    scoring: str
    against: str
    trials: Annotated[int, Field(ge=1)]
    chosen: Trial
    front: tuple[Trial, ...]


class EarlierVersion(Part):
    """The version whose exact graph was optimised anew, by its number and the digest of its manifest."""

    version: Annotated[int, Field(ge=1)]
    manifest_sha256: Sha256


class Provenance(Part):
    """Where the version came from; `recipe_digest` covers data, config and code, so equal digests mean equal work.

    `rows` counts the rows after each step, `sources` are the tables of a join, `seed` is what rows were divided with.
    `optimized_from` is there where nothing was learned: another version's graph was made smaller.
    """

    data_digest: Sha256
    config_digest: Sha256
    code_digest: Sha256
    recipe_digest: Sha256
    code_version: str
    config: dict[str, Any]
    rows: dict[str, int]
    sources: tuple[SourceRecord, ...] = ()
    seed: int | None = None
    libraries: dict[str, str]
    python: str
    platform: str
    optimized_from: EarlierVersion | None = None


class OnnxFormat(Part):
    """What a runtime must understand to load the graph; `opsets` maps a domain to its version."""

    ir_version: int
    opsets: dict[str, int]


class ModelManifest(Part):
    """The whole manifest. `files` names every file of the version except the manifest itself.

    `variant_order` names the variants that may serve, best first, for each class of hardware that was decided on; a
    server runs the first of them, elsewhere the published one.
    """

    schema_: Annotated[Literal[1, 2, 3], Field(alias="schema")] = 1
    model_name: ModelName
    model_version: Annotated[int, Field(ge=1)]
    created_at: datetime
    signature: Signature
    onnx: OnnxFormat
    files: dict[str, FileDigest]
    variant: str
    variant_reason: str
    variants: tuple[Variant, ...]
    variant_order: dict[HardwareClass, tuple[str, ...]] = Field({})
    quantized: Quantized | None = None
    metrics: tuple[Score, ...]
    parity: Parity
    golden_rows: GoldenRows
    findings: tuple[Finding, ...] = ()
    decision: Decision | None = None
    selection: Selection | None = None
    provenance: Provenance
    about: About = About()
    evaluation: Evaluation | None = None
    serving: ServingRequest = ServingRequest()
    inputs: InputPolicy = InputPolicy()

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="after")
    def _is_consistent(self) -> "ModelManifest":
        if self.schema_ != schema_of(self.signature):
            raise ValueError("schema 2 is for signatures with targets, 3 for float64 values, and only for these")
        for number, golden in enumerate(self.golden_rows.rows):
            if not (_fits(golden.row, self.signature) and _predictions(golden, self.signature)):
                raise ValueError(f"golden row {number} does not fit the signature")
        return self


def _fits(row: dict[str, Cell], signature: Signature) -> bool:
    if row.keys() != {feature.name for feature in signature.features}:
        return False
    return all(
        feature.nullable if (cell := row[feature.name]) is None else type(cell) in _CELL_TYPES[feature.kind]
        for feature in signature.features
    )


def _predictions(golden: GoldenRow, signature: Signature) -> bool:
    if signature.labels is None:
        is_several = isinstance(golden.value, tuple)
        return len(golden.numbers) == len(signature.targets or "1") and is_several == (signature.targets is not None)
    count = len(signature.labels) if signature.has_probabilities else 0
    return golden.label in signature.labels and len(golden.probabilities or ()) == count


def schema_of(signature: Signature) -> Literal[1, 2, 3]:
    """The oldest format whose readers understand what the signature says."""
    if signature.double_values:
        return 3
    return 1 if signature.targets is None else 2


def manifest_to_json(manifest: ModelManifest) -> bytes:
    """Indented JSON, the same bytes for equal manifests."""
    return written(manifest.model_dump(mode="json", by_alias=True))


def manifest_from_json(content: bytes) -> ModelManifest:
    """Read a manifest; raises UnreadableDocument when it is damaged or its schema is newer than ours."""
    return read_document(content, MANIFEST_FILE, ModelManifest, SCHEMA)
