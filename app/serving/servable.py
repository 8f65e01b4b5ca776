"""One loaded version of a model: its manifest, its session, its codec for rows and its queue."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from app.contract.manifest import Cell, ModelManifest
from app.contract.signature import MATRIX_INPUT, Feature, Kind, Signature
from app.contract.tensors import NUMPY_DTYPES, Tensor
from app.errors import DamagedVersion
from app.monitoring.metrics import Metrics, VersionMetrics
from app.protocol.response_template import ResponseTemplate
from app.protocol.rows import RowCodec
from app.registry.store import StoredVersion
from app.runtime.providers import short
from app.runtime.session import OnnxSession, UnloadableModel
from app.serving.batcher import Batcher
from app.serving.cost_line import CostLine
from app.serving.options import ServingOptions, VersionOptions
from app.serving.statistics import VersionStatistics

WARM_ROWS = 64
_WARM_RUNS = 5


@dataclass(slots=True)
class Servable:
    """A version that may serve once its golden rows came out right."""

    manifest: ModelManifest
    session: OnnxSession
    rows: RowCodec
    cost: CostLine
    batcher: Batcher
    statistics: VersionStatistics
    metrics: VersionMetrics
    options: VersionOptions
    deadline: float
    """Seconds that an answer may take: that of the options, at hand."""
    refused: dict[str, frozenset[str]]
    """Per input: the only categories accepted, for features that refuse unseen ones."""
    response: ResponseTemplate = field(init=False)

    def __post_init__(self) -> None:
        self.response = ResponseTemplate(self.name, self.version, self.signature.outputs)

    @property
    def name(self) -> str:
        return self.manifest.model_name

    @property
    def version(self) -> str:
        return str(self.manifest.model_version)

    @property
    def signature(self) -> Signature:
        return self.manifest.signature


def open_servable(stored: StoredVersion, options: ServingOptions, executor: Executor, metrics: Metrics) -> Servable:
    """Load a version from checked bytes, warm it and measure its cost line; raises DamagedVersion or UsageError."""
    manifest = stored.manifest
    chosen = options.of(manifest.model_name)
    try:
        session = OnnxSession(stored.read_model(), chosen.execution)
    except UnloadableModel as error:
        raise DamagedVersion(manifest.model_name, manifest.model_version, f"onnxruntime refuses it: {error}") from None
    _check_interface(manifest, session)
    version = str(manifest.model_version)
    rows = RowCodec(manifest.model_name, version, manifest.signature, options.limits)
    cost = measure_cost(session, manifest)
    # Only now, since a version that cannot be run must not leave series behind.
    version_metrics = metrics.of_version(
        manifest.model_name,
        version,
        manifest.variant,
        session.placement.providers,
        chosen.execution.threads,
        {short(name): count for name, count in session.placement.nodes.items()},
    )
    statistics = VersionStatistics(version_metrics, chosen.queue.batch_rows)
    batcher = Batcher(manifest.model_name, session.run, cost, executor, statistics, chosen.queue)
    refused = _refused_categories(manifest.signature)
    return Servable(
        manifest, session, rows, cost, batcher, statistics, version_metrics, chosen, chosen.deadline, refused
    )


def to_tensors(signature: Signature, rows: list[dict[str, Cell]]) -> dict[str, Tensor]:
    """Rows as a manifest keeps them, as the tensors of the signature."""
    columns = {f.name: _to_column(f, [row[f.name] for row in rows]) for f in signature.features}
    return {MATRIX_INPUT: np.hstack(list(columns.values()))} if signature.layout == "matrix" else columns


def _to_column(feature: Feature, cells: list[Cell]) -> Tensor:
    missing = "" if feature.kind is Kind.CATEGORY else np.nan
    values = [missing if cell is None else cell for cell in cells]
    return np.array(values, NUMPY_DTYPES[feature.datatype]).reshape(-1, 1)


def measure_cost(session: OnnxSession, manifest: ModelManifest) -> CostLine:
    """Run golden rows at batch 1 and 64, which also warms the session, and draw a line through the fastest runs."""
    signature = manifest.signature
    golden = [dict(golden.row) for golden in manifest.golden_rows.rows]
    one = _fastest(session, to_tensors(signature, golden[:1]))
    many = _fastest(session, to_tensors(signature, (golden * WARM_ROWS)[:WARM_ROWS]))
    per_row = max(0.0, (many - one) / (WARM_ROWS - 1))
    return CostLine(max(0.0, one - per_row), per_row)


def _fastest(session: OnnxSession, tensors: Mapping[str, Tensor]) -> float:
    times = []
    for _ in range(_WARM_RUNS):
        started = perf_counter()
        session.run(tensors)
        times.append(perf_counter() - started)
    return min(times)


def _check_interface(manifest: ModelManifest, session: OnnxSession) -> None:
    """The graph must take and give what the signature says, or every answer would be a guess."""
    signature = manifest.signature
    for what, declared, found in (
        ("inputs", signature.inputs, session.inputs),
        ("outputs", signature.outputs, session.outputs),
    ):
        if [(t.name, t.datatype) for t in declared] != [(t.name, t.datatype) for t in found]:
            reason = f"the {what} of its graph are not those of its signature"
            raise DamagedVersion(manifest.model_name, manifest.model_version, reason)


def _refused_categories(signature: Signature) -> dict[str, frozenset[str]]:
    return {
        f.name: frozenset(f.categories) | ({""} if f.nullable else set())
        for f in signature.features
        if f.categories and f.unseen_categories == "refused"
    }
