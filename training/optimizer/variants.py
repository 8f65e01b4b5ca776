"""A variant: one candidate graph, measured beside the exact one on the same rows.

Answers and size are facts; latency is a measurement on a machine that swings, so variants take turns on distinct rows
and the median counts.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from numpy.typing import NDArray

from app.contract.manifest import Parity, RowsCompared
from app.contract.signature import Signature
from app.contract.tensors import Tensor
from app.runtime.session import OnnxSession
from training.config.proof import GateConfig
from training.data.tensors import take, to_tensors
from training.evaluation.answers import ask_session
from training.evaluation.metrics import first_score
from training.export import parity
from training.export.parity import Reference

EXACT = "fp32"
BATCHES = (1, 64)
_ROUNDS = {1: 150, 64: 30}


@dataclass(frozen=True, slots=True)
class Built:
    """A candidate graph, or the reason in words why there is none.

    `is_portable` says that its arithmetic is in floats: integer kernels saturate on some processors and not on
    others, so their answers depend on where they run.
    """

    name: str
    description: str
    model: bytes | None
    failure: str = ""
    is_portable: bool = True


@dataclass(slots=True)
class Measured:
    """A candidate that runs, with everything a gate asks about it."""

    built: Built
    model: bytes
    parity: Parity
    score: float
    latency_us: dict[int, float] = field(default_factory=dict)

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


def measure(
    candidates: Sequence[Built], expected: Reference, target: NDArray[Any], signature: Signature, gate: GateConfig
) -> list[Measured]:
    """Answers, size and latency of every candidate that was built; raises UnloadableModel or InferenceError."""
    frame = expected.frame.iloc[: expected.held_out]
    tensors = to_tensors(frame, signature)
    measured, sessions = [], []
    for built in candidates:
        if built.model is None:
            continue
        session = OnnxSession(built.model)
        answers = ask_session(session, tensors, signature.task)
        certificate = parity.measure(session, expected, signature, gate.probability_change)
        measured.append(Measured(built, built.model, certificate, first_score(target, answers).value))
        sessions.append(session)
    for batch in BATCHES:
        for one, microseconds in zip(measured, _latencies(sessions, tensors, batch), strict=True):
            one.latency_us[batch] = microseconds
    return measured


def _latencies(sessions: Sequence[OnnxSession], tensors: Mapping[str, Tensor], batch: int) -> list[float]:
    rows = len(next(iter(tensors.values())))
    batches = [take(tensors, slice(start, start + batch)) for start in range(0, max(rows - batch, 0) + 1, batch)]
    taken: list[list[float]] = [[] for _ in sessions]
    for turn in range(_ROUNDS[batch]):
        inputs = batches[turn % len(batches)]
        for session, times in zip(sessions, taken, strict=True):
            start = time.perf_counter()
            session.run(inputs)
            times.append(time.perf_counter() - start)
    return [round(median(times) * 1e6, 1) for times in taken]
