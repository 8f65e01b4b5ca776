"""A run and an observer that remember what a batcher tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import InferenceError


def rows(*values: float) -> dict[str, Tensor]:
    """One row for each value."""
    return {"X": np.array(values).reshape(-1, 1)}


@dataclass
class Recorder:
    """A run that doubles its input, remembers each batch, and fails on batches that hold a negative number."""

    batches: list[int] = field(default_factory=list)
    observed: list[tuple[int, int]] = field(default_factory=list)
    failed: list[tuple[int, int]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        self.batches.append(len(tensors["X"]))
        if (tensors["X"] < 0).any():
            raise InferenceError("negative")
        return [tensors["X"] * 2]

    def observe_batch(self, waits: list[float], _compute: float, rows: int) -> None:
        self.observed.append((len(waits), rows))

    def observe_failures(self, waits: list[float], _compute: float, rows: int) -> None:
        self.failed.append((len(waits), rows))

    def observe_refusal(self, _wait: float, rows: int) -> None:
        self.refused.append(rows)
