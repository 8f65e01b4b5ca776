"""Tried: one trial of a search with its scores and what serving it costs; and how two of them compare.

A trial that is clearly beaten is stopped between folds (racing, as of Maron and Moore, "Hoeffding Races", 1994). Folds
are the same for all, so the differences fold by fold count. Only a trial that is no dearer to serve can beat another:
what is fast may be worse and still be wanted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from slipway_training.config.search import Against

_CLEARLY = 2.0
"""Standard errors of the mean difference, as is usual."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What a prediction takes: microseconds for one row in onnxruntime, and bytes of the exported graph."""

    latency_us: float
    size: int


@dataclass(frozen=True, slots=True)
class CompletedTrial:
    """One trial. `scores` are per fold, higher is better; `reason` says why it was stopped or failed."""

    number: int
    family: str
    parameters: dict[str, Any]
    scores: tuple[float, ...]
    serving: Serving | None
    state: Literal["finished", "stopped", "failed"]
    reason: str = ""

    @property
    def score(self) -> float:
        """The mean over the folds."""
        return float(np.mean(self.scores)) if self.scores else float("nan")

    @property
    def standard_error(self) -> float:
        """Of that mean, from how the folds differ."""
        count = len(self.scores)
        return float(np.std(self.scores, ddof=1) / np.sqrt(count)) if count > 1 else 0.0

    def expense(self, against: Against) -> float:
        """What is wanted small; 0 where nothing is."""
        if self.serving is None:
            return float("inf")
        return {"latency": self.serving.latency_us, "size": float(self.serving.size), "nothing": 0.0}[against]


def finished(tried: Iterable[CompletedTrial]) -> list[CompletedTrial]:
    """Those that went through every fold."""
    return [one for one in tried if one.state == "finished"]


def front(tried: Iterable[CompletedTrial], against: Against) -> list[CompletedTrial]:
    """Those that no other beats in both, cheapest first; of equals the first tried."""
    best: list[CompletedTrial] = []
    for one in sorted(finished(tried), key=lambda t: (t.expense(against), -t.score, t.number)):
        if not best or one.score > best[-1].score:
            best.append(one)
    return best


def beaten_by(
    scores: Sequence[float], expense: float, others: Iterable[CompletedTrial], against: Against
) -> CompletedTrial | None:
    """A finished trial, no dearer, that is better on every fold so far and clearly so in the mean; else None."""
    for other in finished(others):
        ahead = np.asarray(other.scores[: len(scores)]) - np.asarray(scores)
        if len(ahead) < 2 or other.expense(against) > expense or (ahead <= 0).any():  # noqa: PLR2004  # an error needs two
            continue
        if ahead.mean() > _CLEARLY * ahead.std(ddof=1) / np.sqrt(len(ahead)):
            return other
    return None
