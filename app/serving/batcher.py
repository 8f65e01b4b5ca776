"""Micro-batching without a timer: requests decoded in one turn of the event loop run together at its end.

A request alone runs alone, with nothing to wait for. A batch that would hold the loop longer than INLINE_SECONDS runs
in a thread, and what arrives meanwhile is the next batch. Which of the two is decided per batch from the model's cost
line. Rows are checked before they get here, so that no request can spoil its neighbours'.

A request has a deadline. It is refused at once when the work before it will take longer than that, dropped when its
time or its caller is gone, and answered when its deadline passes even if its run hangs.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, inf
from time import perf_counter
from typing import Protocol

from app.contract.tensors import Tensor
from app.errors import DeadlineExceeded, Overloaded
from app.protocol.outputs import Outputs, RunOutputs
from app.protocol.parts import Part, join, tensors_of
from app.serving.cost_line import CostLine

INLINE_SECONDS = 0.0005
_LONG_SECONDS = 0.02
_SMALL_SHARE = 0.1
"""A batch grows no more once it takes this long and what it shares is but this part of it."""
_AMPLE_SECONDS = 0.01
"""A queue that is shorter than this delays nobody."""
_SLOW = 2.0
"""A model that became slower than its line by so much is watched in every run, until it is well again."""
_SAFE_SHARE = 0.5
"""Of the time that a request has, the part that the work before it and its own may be believed to take.

A queue that is filled to the deadline answers everybody a little too late."""
_LOOK_SECONDS = 0.05
"""How often deadlines are looked at during a run in a thread."""

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]
_Outcome = Outputs | Exception


class BatchObserver(Protocol):
    """Told about every batch (seconds each request waited, seconds of the run, rows in it), and what went wrong."""

    def observe_batch(self, waits: list[float], compute: float, rows: int) -> None: ...

    def observe_failures(self, waits: list[float], compute: float, rows: int) -> None: ...

    def observe_refusal(self, wait: float, rows: int) -> None: ...


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Rows that run together and that may wait, and seconds that a batch may wait for more rows; 0: none."""

    batch_rows: int
    queue_rows: int
    delay: float = 0.0


class Caller(Protocol):
    """Who waits for the outputs of its rows; a future is one. It is told once, and not at all when it is `done`."""

    def done(self) -> bool: ...

    def set_result(self, outputs: Outputs, /) -> None: ...

    def set_exception(self, error: Exception, /) -> None: ...


@dataclass(slots=True)
class _Entry:
    part: Part
    rows: int
    caller: Caller
    queued_at: float
    latest: float
    """When the answer is of no use any more."""


class Batcher:
    """The queue of one version of a model. Belongs to one event loop; `run` must be safe to call from a thread."""

    def __init__(
        self,
        name: str,
        run: Run,
        cost: CostLine,
        executor: Executor,
        observer: BatchObserver,
        limits: QueueLimits,
    ) -> None:
        self._name = name
        self._run = run
        self._cost = cost
        self._executor = executor
        self._observer = observer
        self._limits = limits
        self._queue: deque[_Entry] = deque()
        self._queued_rows = 0
        self._running: list[_Entry] = []
        self._ends_at = 0.0
        self._is_due = False
        self._newest_first = False
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._plan()

    def check_room(self, latest: float) -> None:
        """Raise Overloaded where a request of one row would be refused, so that it need not be decoded first."""
        if self._queued_rows >= self._ample_rows:
            self._refuse_without_room(1, latest)

    def submit(self, part: Part, rows: int, caller: Caller, latest: float = inf) -> None:
        """Queue these rows for `caller`; raises Overloaded where the queue is full or too long to wait.

        The caller gets the outputs, or what the run raised, or DeadlineExceeded at `latest`, a value of `perf_counter`.
        """
        if self._queued_rows + rows > self._ample_rows:
            self._refuse_without_room(rows, latest)
        loop = asyncio.get_running_loop()
        entry = _Entry(part, rows, caller, perf_counter(), latest)
        self._queue.append(entry)
        self._queued_rows += rows
        if not self._is_due:
            self._is_due = True
            if self._limits.delay:
                self._timer = loop.call_later(self._limits.delay, self._run_next)
            else:
                loop.call_soon(self._run_next)
        elif self._timer is not None and self._queued_rows >= self._batch_rows:
            self._timer.cancel()
            self._timer = None
            loop.call_soon(self._run_next)

    def _plan(self) -> None:
        """What follows from the cost line, kept in numbers that a request is compared with."""
        worthwhile = self._cost.rows_worth_joining(_LONG_SECONDS, _SMALL_SHARE)
        self._batch_rows = min(self._limits.batch_rows, worthwhile)
        self._batch_seconds = self._cost.seconds(self._batch_rows)
        is_quick = self._cost.seconds(1) <= INLINE_SECONDS
        ample = self._batch_rows * _AMPLE_SECONDS / max(self._batch_seconds, _AMPLE_SECONDS / self._limits.queue_rows)
        self._ample_rows = min(int(ample), self._limits.queue_rows) if is_quick else 0
        """Rows that may wait without a closer look, since they delay nobody."""

    def _refuse_without_room(self, rows: int, latest: float) -> None:
        """Where nothing waits or runs, anything is taken: an estimate is no reason to stand idle."""
        if not self._queue and not self._running:
            return
        queued = self._queued_rows + rows
        seconds = self._cost.seconds(queued, ceil(queued / self._batch_rows))
        is_full = bool(self._queue) and queued > self._limits.queue_rows
        now = perf_counter()
        if is_full or max(0.0, self._ends_at - now) + seconds > _SAFE_SHARE * (latest - now):
            self._observer.observe_refusal(0.0, rows)
            raise Overloaded(f"model {self._name!r}")

    def _run_next(self) -> None:
        self._timer = None
        batch, rows = self._take_batch()
        if not batch:
            self._is_due = self._newest_first = False
            return
        seconds = self._cost.seconds(rows)
        started = perf_counter()
        if seconds <= INLINE_SECONDS:
            self._finish(batch, rows, self._outcomes(batch), started)
            return
        loop = asyncio.get_running_loop()
        self._running, self._ends_at = batch, started + seconds
        if self._watch is None:
            self._watch = loop.call_later(_LOOK_SECONDS, self._look_at_deadlines)
        running = loop.run_in_executor(self._executor, self._outcomes, batch)
        running.add_done_callback(lambda done: self._finish_run(batch, rows, done, started))

    def _finish_run(self, batch: list[_Entry], rows: int, done: asyncio.Future[list[_Outcome]], started: float) -> None:
        self._running = []
        if not done.cancelled():  # only a shutdown cancels a run
            self._finish(batch, rows, done.result(), started)

    def _take_batch(self) -> tuple[list[_Entry], int]:
        batch: list[_Entry] = []
        rows = 0
        now = perf_counter()
        queue = self._queue
        while queue:
            following = queue[-1] if self._newest_first else queue[0]
            if batch and rows + following.rows > self._batch_rows:
                break
            entry = queue.pop() if self._newest_first else queue.popleft()
            self._queued_rows -= entry.rows
            if entry.caller.done():
                # Its caller has hung up. Whoever came after it has waited less and is likelier to be there still.
                self._newest_first = True
            elif entry.latest <= now + self._batch_seconds and self._is_hopeless(entry, rows, now):
                self._drop(entry, now)
            else:
                batch.append(entry)
                rows += entry.rows
        return batch, rows

    def _is_hopeless(self, entry: _Entry, rows: int, now: float) -> bool:
        """Its time is over or, while others wait, will be over before its run is."""
        return entry.latest <= now or (bool(self._queue) and now + self._cost.seconds(rows + entry.rows) > entry.latest)

    def _drop(self, entry: _Entry, now: float) -> None:
        self._observer.observe_refusal(now - entry.queued_at, entry.rows)
        entry.caller.set_exception(DeadlineExceeded(self._name))

    def _look_at_deadlines(self) -> None:
        """During a run in a thread: callers get their answer at their deadline, however long the run goes on."""
        self._watch = None
        if not self._running:
            return
        now = perf_counter()
        for entry in self._running:
            if entry.latest <= now and not entry.caller.done():
                entry.caller.set_exception(DeadlineExceeded(self._name))
        waiting = [entry for entry in self._queue if not entry.caller.done()]
        for entry in waiting:
            if entry.latest <= now:
                self._drop(entry, now)
        self._queue = deque(entry for entry in waiting if entry.latest > now)
        self._queued_rows = sum(entry.rows for entry in self._queue)
        self._watch = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look_at_deadlines)

    def _outcomes(self, batch: list[_Entry]) -> list[_Outcome]:
        try:
            return list(_run_together(self._run, batch))
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for it and the queue must go on
            if len(batch) == 1:
                return [error]
        return [outcome for entry in batch for outcome in self._outcomes([entry])]

    def _finish(self, batch: list[_Entry], rows: int, outcomes: list[_Outcome], started: float) -> None:
        seconds = perf_counter() - started
        failed: list[_Entry] = []
        for entry, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                failed.append(entry)
                if not entry.caller.done():
                    entry.caller.set_exception(outcome)
            elif not entry.caller.done():
                entry.caller.set_result(outcome)
        self._observer.observe_batch([started - entry.queued_at for entry in batch], seconds, rows)
        if failed:
            waits = [started - entry.queued_at for entry in failed]
            self._observer.observe_failures(waits, seconds, sum([entry.rows for entry in failed]))
        elif seconds > INLINE_SECONDS or self._cost.slowness > _SLOW:
            self._cost.learn(rows, seconds)
            self._plan()
        if self._queue:
            asyncio.get_running_loop().call_soon(self._run_next)
        else:
            self._is_due = self._newest_first = False


def _run_together(run: Run, batch: list[_Entry]) -> list[Outputs]:
    if len(batch) == 1:
        return [Outputs(RunOutputs(run(tensors_of(batch[0].part))), 0, batch[0].rows)]
    outputs = RunOutputs(run(join([entry.part for entry in batch])))
    ends = accumulate([entry.rows for entry in batch])
    return [Outputs(outputs, end - entry.rows, end) for entry, end in zip(batch, ends, strict=True)]
