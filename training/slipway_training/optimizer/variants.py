"""A variant: one graph that may be published, measured beside the others on the same rows.

Predictions and size are facts; latency, load time and memory are measurements on a machine that swings, so variants
take turns on distinct rows and the median counts.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.parity import Parity, RowsCompared, ValueChange
from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Tensor
from slipway_ml.contract.variant import Guarantee
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config.model import ModelConfig
from slipway_training.data.tensors import take, to_tensors
from slipway_training.evaluation.metrics import first_score
from slipway_training.evaluation.predictions import as_probabilities, predict_with_session, some
from slipway_training.optimizer.footprint import Footprint, footprints
from slipway_training.optimizer.latency import latencies, timing_rows
from slipway_training.optimizer.value_changes import value_change
from slipway_training.parity import parity
from slipway_training.parity.parity import Reference

EXPORTED = "exported"
"""The graph as it was compared, which is always there."""

COMPACT = "compact"
"""The exported graph after every exact pass that suits it."""

_SINGLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Built:
    """A graph with what was done to it, or the reason in words why there is none.

    `is_portable` says that its arithmetic is in floats: integer kernels saturate on some processors and not on
    others, so their predictions depend on where they run. `is_default` says that it may be served unasked: where the
    graph has an exact form that is small as well, its 8-bit form may not.
    """

    name: str
    description: str
    model: bytes | None
    guarantee: Guarantee
    passes: tuple[str, ...] = ()
    declined: Mapping[str, str] = field(default_factory=dict)
    bound: float | None = None
    failure: str = ""
    is_portable: bool = True
    is_for_gpu: bool = False
    is_quantized: bool = False
    is_default: bool = True


@dataclass(slots=True)
class Measured:
    """A variant that runs, with everything a gate asks about it.

    `objection` is what the parity check has against an exact one; `digest` is of every bit of its predictions.
    """

    built: Built
    model: bytes
    parity: Parity
    score: float | None
    digest: str = ""
    objection: str = ""
    latency_us: dict[int, float] = field(default_factory=dict)
    footprint: Footprint | None = None
    change: ValueChange | None = None

    @property
    def name(self) -> str:
        return self.built.name

    @property
    def judged(self) -> RowsCompared:
        """The rows that gates speak of: held-out ones, or those given. The certificate begins with them."""
        return self.parity.kinds[0]

    @property
    def size(self) -> int:
        return len(self.model)

    @property
    def is_exact(self) -> bool:
        return self.built.guarantee == "exact"


def measure(
    candidates: Sequence[Built],
    expected: Reference,
    target: NDArray[Any] | None,
    signature: Signature,
    config: ModelConfig,
    measure_footprints: Callable[[Sequence[bytes]], Sequence[Footprint | None]] = footprints,
) -> list[Measured]:
    """Predictions, size and speed of every variant that was built; raises UnloadableModel or InferenceError.

    `target` holds the true targets to the rows evaluated on; without them there are no scores.
    """
    tensors = to_tensors(expected.frame, signature)
    measured, sessions = [], []
    for built in candidates:
        if built.model is not None:
            session = OnnxSession(built.model)
            measured.append(
                _evaluate_variant(built, built.model, session, tensors, expected, target, signature, config)
            )
            sessions.append(session)
    rows = to_tensors(timing_rows(expected.frame.iloc[: expected.held_out]), signature)
    for batch, taken in latencies(sessions, rows).items():
        for one, microseconds in zip(measured, taken, strict=True):
            one.latency_us[batch] = microseconds
    for one, found in zip(measured, measure_footprints([one.model for one in measured]), strict=True):
        one.footprint = found
    return measured


def _evaluate_variant(
    built: Built,
    model: bytes,
    session: OnnxSession,
    tensors: Mapping[str, Tensor],
    expected: Reference,
    target: NDArray[Any] | None,
    signature: Signature,
    config: ModelConfig,
) -> Measured:
    is_exact = built.guarantee == "exact"
    tolerance = config.parity.tolerance if is_exact else config.gate.probability_change
    found = parity.measure(session, expected, signature, tolerance)
    predictions = predict_with_session(session, take(tensors, slice(expected.held_out)), signature.task)
    score = None
    if target is not None:
        score = first_score(target, as_probabilities(predictions), signature.labels, config.evaluation).value
    objection = parity.objection(found) if is_exact else ""
    change = None
    if predictions.labels is None and not is_exact:
        judged = some(expected.predictions, slice(expected.held_out))
        change = value_change(judged.numbers, predictions.numbers, expected.spread)
    return Measured(built, model, found, score, _digest(session, tensors), objection, change=change)


def _digest(session: OnnxSession, tensors: Mapping[str, Tensor]) -> str:
    """Of all rows at once, and of some of them one at a time, which takes other ways through onnxruntime."""
    count = len(next(iter(tensors.values())))
    singles = np.linspace(0, count - 1, _SINGLE_ROWS).astype(int)
    whole = hashlib.sha256()
    for rows in (slice(None), *(slice(row, row + 1) for row in singles)):
        for output in session.run(take(tensors, rows)):
            whole.update(output.tobytes() if output.dtype != object else repr(output.tolist()).encode())
    return whole.hexdigest()
