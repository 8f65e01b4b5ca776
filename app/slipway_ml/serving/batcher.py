"""Micro-batching without a timer: requests decoded in one turn of the event loop run together at its end.

A request alone runs alone, with nothing to wait for. A batch that would hold the loop longer than INLINE_SECONDS runs
in a thread, and what arrives meanwhile is the next batch. Which of the two is decided per batch from the model's cost
line, save for models whose runs nobody can predict: these always run in a thread. Rows are checked before they get
here, so that no request can spoil its neighbours'.

A request has a deadline. It is refused at once when the work before it will take longer than that, dropped when its
time or its caller is gone, and refused when its deadline passes even if its run hangs. A run that hangs is left behind
with its thread, and the queue goes on in another one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, inf
from time import perf_counter

from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import DeadlineExceeded, Overloaded
from slipway_ml.protocol.outputs import Outputs, RunOutputs
from slipway_ml.protocol.parts import Part, join, tensors_of
from slipway_ml.serving.cost_line import CostLine
from slipway_ml.serving.parties import BatchObserver, Caller
from slipway_ml.serving.run_traits import PREDICTABLE, RunTraits

INLINE_SECONDS = 0.0005
_NEVER_INLINE = -1.0
_LONG_SECONDS = 0.02
_SMALL_SHARE = 0.1
"""A batch grows no more once it takes this long and what it shares is but this part of it."""
_AMPLE_SECONDS = 0.01
"""A queue that is shorter than this delays nobody."""
_SLOW = 2.0
"""A model that became slower than its line by so much is watched in every run, until it is well again."""
_SAFE_SHARE = 0.5
"""Of the time that a request has, the part that the work before it and its own may be believed to take.

A queue that is filled to the deadline serves everybody a little too late."""
_LOOK_SECONDS = 0.05
"""How often deadlines are looked at during a run in a thread."""

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]
_Outcome = Outputs | Exception


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Rows that run together and that may wait, and seconds that a batch may wait for more rows; 0: none."""

    batch_rows: int
    queue_rows: int
    delay: float = 0.0


@dataclass(slots=True)
class _Entry:
    part: Part
    rows: int
    weight: int
    """Rows, or what they count for."""
    caller: Caller
    queued_at: float
    latest: float
    """When the response is of no use any more."""


@dataclass(eq=False, slots=True)
class _Running:
    """A run in a thread."""

    batch: list[_Entry]
    weight: int
    started: float
    work: Future[list[_Outcome]]
    is_stuck: bool = False


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
        traits: RunTraits = PREDICTABLE,
    ) -> None:
        self.name = name
        self._run = run
        self._cost = cost
        self._executor = executor
        self._observer = observer
        self._limits = limits
        self._traits = traits
        self._weigh = traits.weigh
        self._inline_seconds = _NEVER_INLINE if traits.is_unpredictable else INLINE_SECONDS
        self._queue: deque[_Entry] = deque()
        self._queued = 0
        self._running: _Running | None = None
        self._ends_at = 0.0
        self._is_due = False
        self._newest_first = False
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._plan()

    def check_capacity(self, latest: float) -> None:
        """Raise Overloaded where a request of one row would be refused, so that it need not be decoded first."""
        if self._queued >= self._ample_rows:
            self._refuse_if_full(1, 1, latest)

    def submit(self, part: Part, rows: int, caller: Caller, latest: float = inf) -> None:
        """Queue these rows for `caller`; raises Overloaded where the queue is full or too long to wait.

        The caller gets the outputs, or what the run raised, or DeadlineExceeded at `latest`, a value of `perf_counter`.
        """
        weight = rows if self._weigh is None else self._weigh(part, rows)
        if self._queued + weight > self._ample_rows:
            self._refuse_if_full(rows, weight, latest)
        loop = asyncio.get_running_loop()
        entry = _Entry(part, rows, weight, caller, perf_counter(), latest)
        self._queue.append(entry)
        self._queued += weight
        if not self._is_due:
            self._is_due = True
            if self._limits.delay:
                self._timer = loop.call_later(self._limits.delay, self._run_next)
            else:
                loop.call_soon(self._run_next)
        elif self._timer is not None and self._queued >= self._batch_rows:
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

    def _refuse_if_full(self, rows: int, weight: int, latest: float) -> None:
        """Where hardly anything waits or runs, anything is taken: an estimate is no reason to stand idle."""
        if not self._queue and self._running is None:
            return
        queued = self._queued + weight
        seconds = self._cost.seconds(queued, ceil(queued / self._batch_rows))
        is_full = bool(self._queue) and queued > self._limits.queue_rows
        now = perf_counter()
        running = max(0.0, self._ends_at - now)
        if not self._queue and running <= _AMPLE_SECONDS:
            return
        if is_full or running + seconds > _SAFE_SHARE * (latest - now):
            self._observer.observe_refusal(0.0, rows)
            raise Overloaded(f"model {self.name!r}")

    def _run_next(self) -> None:
        self._timer = None
        batch, weight = self._take_batch()
        if not batch:
            self._is_due = self._newest_first = False
            return
        seconds = self._cost.seconds(weight)
        started = perf_counter()
        if seconds <= self._inline_seconds:
            self._finish(batch, weight, self._outcomes(batch), started)
            return
        loop = asyncio.get_running_loop()
        work = self._executor.submit(self._outcomes, batch)
        self._running = running = _Running(batch, weight, started, work)
        self._ends_at = started + seconds
        if self._watch is None:
            self._watch = loop.call_later(_LOOK_SECONDS, self._check_deadlines)
        asyncio.wrap_future(work).add_done_callback(lambda done: self._finish_run(running, done))

    def _finish_run(self, running: _Running, done: asyncio.Future[list[_Outcome]]) -> None:
        if running.is_stuck and self._traits.stuck is not None:
            self._traits.stuck.end(self.name, perf_counter() - running.started)
        elif running is self._running:
            self._running = None
            if not done.cancelled():  # only a shutdown cancels a run
                self._finish(running.batch, running.weight, done.result(), running.started)

    def _take_batch(self) -> tuple[list[_Entry], int]:
        batch: list[_Entry] = []
        weight = 0
        now = perf_counter()
        queue = self._queue
        while queue:
            following = queue[-1] if self._newest_first else queue[0]
            if batch and weight + following.weight > self._batch_rows:
                break
            entry = queue.pop() if self._newest_first else queue.popleft()
            self._queued -= entry.weight
            if entry.caller.done():
                # Its caller has disconnected. Whoever came after it has waited less and is likelier to be there still.
                self._newest_first = True
            elif entry.latest <= now + self._batch_seconds and self._will_miss_deadline(entry, weight, now):
                self._drop(entry, now)
            else:
                batch.append(entry)
                weight += entry.weight
        return batch, weight

    def _will_miss_deadline(self, entry: _Entry, weight: int, now: float) -> bool:
        """Its time is over or, while others wait, will be over before its run is."""
        if entry.latest <= now:
            return True
        return bool(self._queue) and now + self._cost.seconds(weight + entry.weight) > entry.latest

    def _drop(self, entry: _Entry, now: float) -> None:
        self._observer.observe_refusal(now - entry.queued_at, entry.rows)
        entry.caller.set_exception(DeadlineExceeded(self.name))

    def _check_deadlines(self) -> None:
        """During a run in a thread: callers get a response at their deadline, however long the run goes on."""
        self._watch = None
        running = self._running
        if running is None:
            return
        now = perf_counter()
        for entry in running.batch:
            if entry.latest <= now and not entry.caller.done():
                entry.caller.set_exception(DeadlineExceeded(self.name))
        waiting = [entry for entry in self._queue if not entry.caller.done()]
        for entry in waiting:
            if entry.latest <= now:
                self._drop(entry, now)
        self._queue = deque(entry for entry in waiting if entry.latest > now)
        self._queued = sum(entry.weight for entry in self._queue)
        if now - running.started > self._traits.stuck_seconds:
            self._give_up(running, now)
            return
        self._watch = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._check_deadlines)

    def _give_up(self, running: _Running, now: float) -> None:
        """Go on without a run that does not end; where it never began, all slots are taken and it need not begin."""
        self._running = None
        if not running.work.cancel() and self._traits.stuck is not None:
            running.is_stuck = True
            self._traits.stuck.begin(self.name, now - running.started)
        self._go_on()

    def _go_on(self) -> None:
        if self._queue:
            asyncio.get_running_loop().call_soon(self._run_next)
        else:
            self._is_due = self._newest_first = False

    def _outcomes(self, batch: list[_Entry]) -> list[_Outcome]:
        try:
            return list(self._run_together(batch))
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for it and the queue must go on
            if len(batch) == 1:
                return [error]
        return [outcome for entry in batch for outcome in self._outcomes([entry])]

    def _run_together(self, batch: list[_Entry]) -> list[Outputs]:
        tensors = tensors_of(batch[0].part) if len(batch) == 1 else join([entry.part for entry in batch])
        look = self._traits.look
        outputs = RunOutputs(self._run(tensors), None if look is None else look(tensors))
        if len(batch) == 1:
            return [Outputs(outputs, 0, batch[0].rows)]
        ends = accumulate([entry.rows for entry in batch])
        return [Outputs(outputs, end - entry.rows, end) for entry, end in zip(batch, ends, strict=True)]

    def _finish(self, batch: list[_Entry], weight: int, outcomes: list[_Outcome], started: float) -> None:
        rows = weight if self._weigh is None else sum([entry.rows for entry in batch])
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
            self._cost.learn(weight, seconds)
            self._plan()
        self._go_on()
