"""Which of a version's graphs a server runs: the published one, or a stored one that gives the same bits and is faster.

Which graph is fastest depends on the processor, so it is timed where it will run, briefly, at one row and at many. Only
variants whose manifest says that their predictions are bit for bit those of the published graph take part, and they
have to show it once more on the golden rows: replicas that choose differently must not predict differently.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from time import perf_counter

import numpy as np

from slipway_ml.contract.manifest import ModelManifest, Variant
from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import DamagedVersion, InferenceError
from slipway_ml.registry.store import StoredVersion
from slipway_ml.runtime.providers import Execution
from slipway_ml.runtime.session import OnnxSession, UnloadableModel
from slipway_ml.serving.cost_line import CostLine
from slipway_ml.serving.manifest_rows import to_tensors

logger = logging.getLogger("slipway.serving")

MANY_ROWS = 64
_ROUNDS = 5
_WORTH_IT = 0.95
"""Another graph than the published one has to be faster by more than what measuring is unsure of."""


@dataclass(slots=True)
class ChosenVariant:
    """A graph ready to run, what it costs, and why it is this one."""

    name: str
    reason: str
    session: OnnxSession
    cost: CostLine


@dataclass(slots=True)
class _Candidate:
    name: str
    session: OnnxSession
    one: float = float("inf")
    many: float = float("inf")

    def time(self, inputs: tuple[Mapping[str, Tensor], Mapping[str, Tensor]]) -> None:
        """Once at one row and once at many, where the fastest of all runs counts."""
        self.one = min(self.one, _seconds(self.session, inputs[0]))
        self.many = min(self.many, _seconds(self.session, inputs[1]))

    def score(self) -> float:
        """Both sizes count alike, as ratios."""
        return log(self.one) + log(self.many)

    def cost(self) -> CostLine:
        """A line through both; it starts at 0 at least."""
        per_row = max(0.0, (self.many - self.one) / (MANY_ROWS - 1))
        return CostLine(max(0.0, self.one - per_row), per_row)


def choose_variant(stored: StoredVersion, execution: Execution, pinned: str | None = None) -> ChosenVariant:
    """Load the graph that is to run, warm; raises DamagedVersion, also where `pinned` may not serve."""
    manifest = stored.manifest
    published = _Candidate(manifest.variant, _open(stored, execution))
    others = [variant for variant in manifest.variants if _is_equivalent(variant, manifest)]
    if pinned is not None and pinned not in {manifest.variant, *[variant.name for variant in others]}:
        known = ", ".join([manifest.variant, *[variant.name for variant in others]])
        raise DamagedVersion(
            manifest.model_name, manifest.model_version, f"it has no variant {pinned!r} that may serve; it has: {known}"
        )
    candidates = [published]
    for variant in others:
        if pinned in {None, variant.name} and pinned != manifest.variant:
            candidates += _open_other(stored, variant, execution, published)
    inputs = _inputs(manifest)
    for _ in range(_ROUNDS):
        for candidate in candidates:
            candidate.time(inputs)
    chosen = _best(candidates, pinned)
    return ChosenVariant(chosen.name, _why(chosen, candidates, pinned), chosen.session, chosen.cost())


def _is_equivalent(variant: Variant, manifest: ModelManifest) -> bool:
    is_stored = variant.file is not None and variant.file in manifest.files
    return variant.bit_equal and variant.passed and is_stored and variant.name != manifest.variant


def _open(stored: StoredVersion, execution: Execution) -> OnnxSession:
    manifest = stored.manifest
    try:
        return OnnxSession(stored.read_model(), execution)
    except UnloadableModel as error:
        raise DamagedVersion(manifest.model_name, manifest.model_version, f"onnxruntime refuses it: {error}") from None


def _open_other(
    stored: StoredVersion, variant: Variant, execution: Execution, published: _Candidate
) -> list[_Candidate]:
    """One candidate, or none where the graph is not what its manifest says: the published one can do without it."""
    golden = to_tensors(stored.manifest.signature, [dict(row.row) for row in stored.manifest.golden_rows.rows])
    try:
        session = OnnxSession(stored.read_file(variant.file or ""), execution)
        is_equal = all(map(np.array_equal, session.run(golden), published.session.run(golden)))
        why = "" if is_equal else "its predictions on the golden rows differ from the published graph's"
    except (DamagedVersion, UnloadableModel, InferenceError) as error:
        why = str(error)
    if why:
        extra = {"model": stored.manifest.model_name, "version": stored.manifest.model_version, "variant": variant.name}
        logger.warning("a variant is left out: %s", why, extra=extra)
        return []
    return [_Candidate(variant.name, session)]


def _best(candidates: list[_Candidate], pinned: str | None) -> _Candidate:
    published, *others = candidates
    if pinned is not None:
        return next((other for other in others if other.name == pinned), published)
    fastest = min(candidates, key=_Candidate.score)
    return fastest if fastest.score() < published.score() + 2 * log(_WORTH_IT) else published


def _why(chosen: _Candidate, candidates: list[_Candidate], pinned: str | None) -> str:
    if pinned is not None:
        return "pinned" if chosen.name == pinned else f"{pinned} is pinned and cannot be used"
    if len(candidates) == 1:
        return "the only one that gives these bits"
    times = ", ".join(f"{c.name} {c.one * 1e6:.0f} and {c.many * 1e6:.0f} µs" for c in candidates)
    return f"timed here at 1 and {MANY_ROWS} rows: {times}"


def _inputs(manifest: ModelManifest) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    golden = [dict(golden.row) for golden in manifest.golden_rows.rows]
    many = (golden * MANY_ROWS)[:MANY_ROWS]
    return to_tensors(manifest.signature, golden[:1]), to_tensors(manifest.signature, many)


def _seconds(session: OnnxSession, tensors: Mapping[str, Tensor]) -> float:
    started = perf_counter()
    session.run(tensors)
    return perf_counter() - started
