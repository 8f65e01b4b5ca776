"""Latency of several graphs side by side: they take turns on rows that are all different, and the median counts.

What counts is the time on the processor, in one thread, and each turn has an order of its own: on a machine with other
work to do, a clock on the wall would blame whoever was interrupted.

One row asked again and again would find the paths through its trees in the processor's caches, which makes a large
forest look four times as fast as it is.
"""

import time
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
import pandas as pd

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take

BATCHES = (1, 64, 1000)
"""Rows in a request: one, a screenful, a file's worth."""

_ROWS = 4000
_DRAWN = 3 * _ROWS
_ROUNDS = {1: 200, 64: 60, 1000: 30}
_FEWEST = 3
_SECONDS = 1.0
"""Enough for a median of any model that serves; a slow one gets fewer rounds."""


def timing_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Distinct rows like those of the frame: each column is drawn by itself, the same for equal frames.

    Where columns hold too few values for so many, the rows there are come again.
    """
    random = np.random.default_rng(0)
    drawn = pd.DataFrame({name: random.choice(frame[name].to_numpy(), _DRAWN) for name in frame.columns})
    distinct = pd.concat([frame, drawn], ignore_index=True).drop_duplicates(ignore_index=True)
    return distinct.iloc[np.arange(_ROWS) % len(distinct)].reset_index(drop=True)


def latencies(sessions: Sequence[OnnxSession], tensors: Mapping[str, Tensor]) -> dict[int, list[float]]:
    """For each size of a batch the microseconds that each session takes for one run."""
    return {batch: _medians(sessions, tensors, batch) for batch in BATCHES}


def _medians(sessions: Sequence[OnnxSession], tensors: Mapping[str, Tensor], batch: int) -> list[float]:
    rows = len(next(iter(tensors.values())))
    batches = [take(tensors, slice(start, start + batch)) for start in range(0, max(rows - batch, 0) + 1, batch)]
    taken: list[list[float]] = [[] for _ in sessions]
    order = np.random.default_rng(0)
    ends = time.perf_counter() + _SECONDS
    for turn in range(_ROUNDS[batch]):
        if turn >= _FEWEST and time.perf_counter() > ends:
            break
        inputs = batches[turn % len(batches)]
        for which in order.permutation(len(sessions)):
            start = time.thread_time()
            sessions[which].run(inputs)
            taken[which].append(time.thread_time() - start)
    return [round(median(times) * 1e6, 1) for times in taken]
