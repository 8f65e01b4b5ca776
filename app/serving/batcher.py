"""Micro-batching without a timer: requests decoded in one turn of the event loop run together at its end.

A request alone runs alone, with nothing to wait for. A batch that would hold the loop longer than INLINE_SECONDS runs
in a thread, and what arrives meanwhile is the next batch. Which of the two is decided per batch from the model's cost
line. Rows are checked before they get here, so that no request can spoil its neighbours'.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from app.contract.tensors import Tensor
from app.errors import DeadlineExceeded, Overloaded

INLINE_SECONDS = 0.002

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]
_Outcome = list[Tensor] | Exception


@dataclass(frozen=True, slots=True)
class CostLine:
    """Seconds a run takes: `fixed` plus `per_row` for each row, measured when the model was loaded."""

    fixed: float
    per_row: float

    def seconds(self, rows: int) -> float:
        return self.fixed + self.per_row * rows


class BatchObserver(Protocol):
    """Told about every batch (seconds each request waited, seconds of the run, rows in it), and what went wrong."""

    def observe_batch(self, waits: list[float], compute: float, rows: int) -> None: ...

    def observe_failures(self, waits: list[float], compute: float, rows: int) -> None: ...

    def observe_refusal(self, wait: float, rows: int) -> None: ...


@dataclass(slots=True)
class _Entry:
    tensors: Mapping[str, Tensor]
    rows: int
    future: asyncio.Future[list[Tensor]]
    queued_at: float
    latest: float | None
    """When the run must have begun; None for any time."""


class Batcher:
    """The queue of one version of a model. Belongs to one event loop; `run` must be safe to call from a thread."""

    def __init__(
        self,
        name: str,
        run: Run,
        cost: CostLine,
        executor: Executor,
        observer: BatchObserver,
        *,
        max_batch_rows: int,
        max_queue_rows: int,
    ) -> None:
        self._name = name
        self._run = run
        self._cost = cost
        self._executor = executor
        self._observer = observer
        self._max_batch_rows = max_batch_rows
        self._max_queue_rows = max_queue_rows
        self._queue: deque[_Entry] = deque()
        self._queued_rows = 0
        self._is_due = False

    def submit(
        self, tensors: Mapping[str, Tensor], rows: int, timeout: float | None = None
    ) -> asyncio.Future[list[Tensor]]:
        """The outputs for these rows, to be awaited; raises Overloaded at once when the queue is full.

        Awaiting raises what the run raised, or DeadlineExceeded where it has not begun after `timeout` seconds.
        """
        if self._queue and self._queued_rows + rows > self._max_queue_rows:
            self._observer.observe_refusal(0.0, rows)
            raise Overloaded(f"model {self._name!r}")
        loop = asyncio.get_running_loop()
        now = perf_counter()
        entry = _Entry(tensors, rows, loop.create_future(), now, None if timeout is None else now + timeout)
        self._queue.append(entry)
        self._queued_rows += rows
        if not self._is_due:
            self._is_due = True
            loop.call_soon(self._run_next)
        return entry.future

    def _run_next(self) -> None:
        batch = self._take_batch()
        if not batch:
            self._is_due = False
            return
        rows = sum([entry.rows for entry in batch])
        if self._cost.seconds(rows) > INLINE_SECONDS:
            loop = asyncio.get_running_loop()
            started = perf_counter()
            running = loop.run_in_executor(self._executor, self._outcomes, batch)
            running.add_done_callback(lambda done: self._finish_run(batch, done, started))
            return
        started = perf_counter()
        self._finish(batch, self._outcomes(batch), started)

    def _finish_run(self, batch: list[_Entry], done: asyncio.Future[list[_Outcome]], started: float) -> None:
        if not done.cancelled():  # only a shutdown cancels a run
            self._finish(batch, done.result(), started)

    def _take_batch(self) -> list[_Entry]:
        batch: list[_Entry] = []
        rows = 0
        while self._queue and (not batch or rows + self._queue[0].rows <= self._max_batch_rows):
            entry = self._queue.popleft()
            self._queued_rows -= entry.rows
            if entry.future.done():  # a caller that hung up has cancelled its future
                continue
            if entry.latest is not None and perf_counter() > entry.latest:
                self._observer.observe_refusal(perf_counter() - entry.queued_at, entry.rows)
                entry.future.set_exception(DeadlineExceeded(self._name))
                continue
            batch.append(entry)
            rows += entry.rows
        return batch

    def _outcomes(self, batch: list[_Entry]) -> list[_Outcome]:
        try:
            return list(_run_together(self._run, batch))
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for it and the queue must go on
            if len(batch) == 1:
                return [error]
        return [outcome for entry in batch for outcome in self._outcomes([entry])]

    def _finish(self, batch: list[_Entry], outcomes: list[_Outcome], started: float) -> None:
        seconds = perf_counter() - started
        failed: list[_Entry] = []
        for entry, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                failed.append(entry)
                if not entry.future.done():
                    entry.future.set_exception(outcome)
            elif not entry.future.done():
                entry.future.set_result(outcome)
        self._observer.observe_batch(
            [started - entry.queued_at for entry in batch], seconds, sum([entry.rows for entry in batch])
        )
        if failed:
            waits = [started - entry.queued_at for entry in failed]
            self._observer.observe_failures(waits, seconds, sum([entry.rows for entry in failed]))
        if self._queue:
            asyncio.get_running_loop().call_soon(self._run_next)
        else:
            self._is_due = False


def _run_together(run: Run, batch: list[_Entry]) -> list[list[Tensor]]:
    if len(batch) == 1:
        return [run(batch[0].tensors)]
    joined = {name: np.concatenate([entry.tensors[name] for entry in batch]) for name in batch[0].tensors}
    outputs = run(joined)
    ends = np.cumsum([entry.rows for entry in batch]).tolist()
    return [[output[end - entry.rows : end] for output in outputs] for entry, end in zip(batch, ends, strict=True)]
