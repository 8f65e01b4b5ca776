"""Which of a version's graphs a server runs: the first in the manifest's order for its hardware; and what it costs.

The order is decided when the version is published, so that every replica runs the same graph and nothing else is loaded
to find out. `slipway bench --variants` measures them on a machine; what it finds is pinned in the file of
`--model-config-file`. Only variants whose manifest says that their predictions are bit for bit those of the published
graph may stand in for it; the golden rows, which are replayed before a version serves, are the published graph's.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter

from slipway_ml.contract.manifest import ModelManifest
from slipway_ml.contract.tensors import Tensor
from slipway_ml.contract.variant import HardwareClass
from slipway_ml.errors import DamagedVersion
from slipway_ml.registry.store import StoredVersion
from slipway_ml.runtime.providers import CPU_PROVIDER, Execution
from slipway_ml.runtime.session import OnnxSession, UnloadableModel
from slipway_ml.serving.cost_line import CostLine
from slipway_ml.serving.manifest_rows import to_tensors

logger = logging.getLogger("slipway.serving")

MANY_ROWS = 64
_ROUNDS = 5


@dataclass(slots=True)
class ChosenVariant:
    """A graph ready to run, what it costs, and why it is this one."""

    name: str
    reason: str
    session: OnnxSession
    cost: CostLine


def choose_variant(stored: StoredVersion, execution: Execution, pinned: str | None = None) -> ChosenVariant:
    """Load the graph that is to run, warm; raises DamagedVersion, also where `pinned` may not serve.

    Where the graph that comes first cannot be loaded, the next one is: the published one at last.
    """
    manifest = stored.manifest
    files = dict(_files(manifest))
    if pinned is not None and pinned not in files:
        raise DamagedVersion(
            manifest.model_name,
            manifest.model_version,
            f"it has no variant {pinned!r} that may serve; it has: {', '.join(files)}",
        )
    hardware: HardwareClass = "cpu" if execution.providers[0] == CPU_PROVIDER else "gpu"
    order = [name for name in manifest.variant_order.get(hardware, ()) if name in files]
    wanted = [pinned] if pinned is not None else order
    reason = "pinned" if pinned is not None else f"the first in the manifest's order for a {hardware.upper()}"
    if not wanted or (len(files) == 1 and pinned is None):
        reason = "the published one" if len(files) > 1 else "the only one that gives these bits"
    for name in dict.fromkeys([*wanted, manifest.variant]):
        try:
            session = _open(stored, files[name], execution)
        except DamagedVersion as error:
            if name == manifest.variant:
                raise
            extra = {"model": manifest.model_name, "version": manifest.model_version, "variant": name}
            logger.warning("a variant is left out: %s", error, extra=extra)
            reason = f"{name} is pinned and cannot be used" if pinned else f"{name}, which comes first, cannot be used"
        else:
            return ChosenVariant(name, reason, session, _cost(session, manifest))
    raise AssertionError("neither opened nor refused")  # our bug


def _files(manifest: ModelManifest) -> Iterator[tuple[str, str | None]]:
    """The variants that may serve with the file of each; the published one is the version's own graph."""
    yield manifest.variant, None
    for variant in manifest.variants:
        is_stored = variant.file is not None and variant.file in manifest.files
        if variant.bit_equal and variant.passed and is_stored and variant.name != manifest.variant:
            yield variant.name, variant.file


def _open(stored: StoredVersion, file: str | None, execution: Execution) -> OnnxSession:
    manifest = stored.manifest
    try:
        return OnnxSession(stored.read_model() if file is None else stored.read_file(file), execution)
    except UnloadableModel as error:
        raise DamagedVersion(manifest.model_name, manifest.model_version, f"onnxruntime refuses it: {error}") from None


def _cost(session: OnnxSession, manifest: ModelManifest) -> CostLine:
    """A line through the fastest of a few runs at one row and at many; it starts at 0 at least."""
    golden = [dict(golden.row) for golden in manifest.golden_rows.rows]
    rows = (golden * MANY_ROWS)[:MANY_ROWS]
    one, many = (to_tensors(manifest.signature, own) for own in (golden[:1], rows))
    single = min(_seconds(session, one) for _ in range(_ROUNDS))
    per_row = max(0.0, (min(_seconds(session, many) for _ in range(_ROUNDS)) - single) / (MANY_ROWS - 1))
    return CostLine(max(0.0, single - per_row), per_row)


def _seconds(session: OnnxSession, tensors: Mapping[str, Tensor]) -> float:
    started = perf_counter()
    session.run(tensors)
    return perf_counter() - started
