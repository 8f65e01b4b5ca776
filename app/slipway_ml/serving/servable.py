"""One loaded version of a model: its manifest, its session, its codec for rows and its queue."""

from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from slipway_ml.contract.manifest import ModelManifest
from slipway_ml.contract.signature import Signature
from slipway_ml.errors import DamagedVersion
from slipway_ml.monitoring.metrics import Metrics, VersionMetrics
from slipway_ml.protocol.plain_matrix import PlainMatrix
from slipway_ml.protocol.response_encoder import ResponseEncoder
from slipway_ml.protocol.row_validator import Extra
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.protocol.unusual_values import Unlike
from slipway_ml.registry.store import StoredVersion
from slipway_ml.runtime.providers import short
from slipway_ml.runtime.session import OnnxSession
from slipway_ml.serving.batcher import Batcher
from slipway_ml.serving.input_check import input_check_of
from slipway_ml.serving.options import ServingOptions, VersionOptions
from slipway_ml.serving.row_slices import in_slices
from slipway_ml.serving.run_traits import RunTraits, weigh_text
from slipway_ml.serving.statistics import VersionStatistics
from slipway_ml.serving.stuck_runs import LEAST_SECONDS, StuckRuns
from slipway_ml.serving.variants import ChosenVariant, choose_variant

_THREAD_SECONDS = 0.001
"""What handing a run to a thread and back takes, where even the shortest has to go there."""


@dataclass(slots=True)
class Servable:
    """A version that may serve once its golden rows came out right."""

    manifest: ModelManifest
    variant: ChosenVariant
    session: OnnxSession
    rows: RowCodec
    batcher: Batcher
    statistics: VersionStatistics
    metrics: VersionMetrics
    options: VersionOptions
    deadline: float
    """Seconds that a response may take: that of the options, at hand."""
    refused: dict[str, frozenset[str]]
    """Per input: the only categories accepted, for features that refuse unseen ones."""
    plain: PlainMatrix | None
    """Reads most of its requests, where it takes a matrix."""
    response: ResponseEncoder = field(init=False)

    def __post_init__(self) -> None:
        self.response = ResponseEncoder(self.name, self.version, self.signature.outputs)

    @property
    def name(self) -> str:
        return self.manifest.model_name

    @property
    def version(self) -> str:
        return str(self.manifest.model_version)

    @property
    def signature(self) -> Signature:
        return self.manifest.signature


def open_servable(
    stored: StoredVersion,
    options: ServingOptions,
    executor: Executor,
    metrics: Metrics,
    stuck: StuckRuns | None = None,
) -> Servable:
    """Load a version, with the graph that its manifest decides on; raises DamagedVersion or UsageError."""
    manifest = stored.manifest
    chosen = options.of(manifest.model_name, manifest.serving)
    variant = choose_variant(stored, chosen.execution, chosen.variant)
    session, cost = variant.session, variant.cost
    if session.is_unpredictable:
        cost = replace(cost, fixed=cost.fixed + _THREAD_SECONDS)
    if session.mixes_rows:
        chosen = replace(chosen, queue=replace(chosen.queue, batch_rows=1))
    _check_interface(manifest, session)
    look = input_check_of(stored)
    version = str(manifest.model_version)
    extra: Extra = "ignore" if manifest.inputs.extra == "ignore" else "forbid"
    rows = RowCodec(manifest.model_name, version, manifest.signature, options.limits, extra)
    # Only now, since a version that cannot be run must not leave series behind.
    version_metrics = metrics.of_version(
        manifest.model_name,
        version,
        variant.name,
        session.placement.providers,
        chosen.execution.threads,
        {short(name): count for name, count in session.placement.nodes.items()},
    )
    if look is not None:
        version_metrics.count_unusual(dict.fromkeys(Unlike, 0))
    statistics = VersionStatistics(version_metrics, chosen.queue.batch_rows)
    takes_any_number = all(declared.shape[:1] == (-1,) for declared in session.inputs)
    run = in_slices(session.run) if takes_any_number and not session.mixes_rows else session.run
    traits = RunTraits(
        session.is_unpredictable,
        weigh_text if session.counts_characters else None,
        max(chosen.deadline, LEAST_SECONDS),
        stuck,
        look,
    )
    batcher = Batcher(manifest.model_name, run, cost, executor, statistics, chosen.queue, traits)
    return Servable(
        manifest,
        variant,
        session,
        rows,
        batcher,
        statistics,
        version_metrics,
        chosen,
        chosen.deadline,
        _refused_categories(manifest.signature),
        _plain_matrix(manifest.signature, options.limits.elements),
    )


def _plain_matrix(signature: Signature, most: int) -> PlainMatrix | None:
    if signature.layout != "matrix" or signature.has_limits:
        return None
    return PlainMatrix(signature.inputs[0], most)


def _check_interface(manifest: ModelManifest, session: OnnxSession) -> None:
    """The graph must take and give what the signature says, or every prediction would be a guess."""
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
