"""Long work of the event loop in turns: the steps of one request, then those of another caller's.

Decoding holds the interpreter, in whatever thread it is done, so a long body would keep every other request waiting.
Cut into steps of about a millisecond it is done by the event loop itself, a few steps per turn of the loop, and
everything else is done in between.

Whose turn it is: the callers take turns, where a caller is a key, or without one an address, with a model, so that one
caller's hundred bodies delay another one's by no more than one would. Of one caller's, the shortest is next, as waiting
for one another costs least in that order, but every fourth turn is the oldest's, so that none waits for ever. What
waits longer than its deadline, or for a client that is gone, is dropped, also while it is not its turn.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Hashable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from slipway_ml.front.exchange import HotRequest, Reply
from slipway_ml.protocol.json_cuts import Steps

LARGE = 32 * 1024
"""Bytes of a body from which on it is decoded in turns."""

_TURN_SECONDS = 0.0007
"""What a turn may take before its last step."""
_OLDEST_EVERY = 4
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Job:
    """Work for one request, and what becomes of its result; `late` makes the error of a deadline that has passed."""

    request: HotRequest
    caller: Hashable
    size: int
    latest: float
    late: Callable[[], Exception]
    steps: Steps[Any]
    then: Callable[[Any], None]
    reply: Reply
    context: Context = field(default_factory=copy_context)
    result: Any = None
    """Of what the steps have asked to be done in a thread."""
    is_done: bool = False


class _Caller:
    """The jobs of one caller."""

    def __init__(self) -> None:
        self._by_size: list[tuple[int, int, Job]] = []
        self._by_age: deque[Job] = deque()
        self._turns = 0
        self._number = 0

    def add(self, job: Job, *, is_new: bool = True) -> None:
        """Put a job in its place; one that was put aside for a while is the oldest still."""
        self._number += 1
        heapq.heappush(self._by_size, (job.size, self._number, job))
        if is_new:
            self._by_age.append(job)
        else:
            self._by_age.appendleft(job)

    def next(self) -> Job | None:
        """Whose steps are to be done, which stays where it is; None where all are done."""
        while self._by_age and self._by_age[0].is_done:
            self._by_age.popleft()
        while self._by_size and self._by_size[0][2].is_done:
            heapq.heappop(self._by_size)
        if not self._by_age:
            return None
        self._turns += 1
        return self._by_age[0] if self._turns % _OLDEST_EVERY == 0 else self._by_size[0][2]

    def jobs(self) -> list[Job]:
        """All that are not done."""
        return [job for job in self._by_age if not job.is_done]

    def put_aside(self, job: Job) -> None:
        """Take a job out that waits for a thread."""
        self._by_size = [entry for entry in self._by_size if entry[2] is not job]
        heapq.heapify(self._by_size)
        self._by_age.remove(job)


class Turns:
    """The turns that all endpoints of one process share."""

    def __init__(self) -> None:
        self._callers: dict[Hashable, _Caller] = {}
        self._order: deque[Hashable] = deque()
        self._is_taken = False
        self._watch: asyncio.TimerHandle | None = None
        self._aside: list[Job] = []

    @property
    def is_busy(self) -> bool:
        """Whether any work is left."""
        return self._is_taken or bool(self._aside)

    def take_one(self) -> bool:
        """Take the turn for one step that the caller does itself, at once; False where work waits, or did just now."""
        if self._is_taken:
            return False
        self._is_taken = True
        asyncio.get_running_loop().call_soon(self._take_turn)
        return True

    def start(self, job: Job) -> None:
        """Do a job in turns: at once, as far as one turn goes, where nothing else waits.

        What its steps raise is the reply, and so is what `then` raises.
        """
        self._add(job)
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)
        if not self._is_taken:
            self._is_taken = True
            self._take_turn()

    def _add(self, job: Job, *, is_new: bool = True) -> None:
        caller = self._callers.get(job.caller)
        if caller is None:
            caller = self._callers[job.caller] = _Caller()
            self._order.append(job.caller)
        caller.add(job, is_new=is_new)

    def _take_turn(self) -> None:
        job = self._next()
        if job is None:
            self._is_taken = False
            return
        ends = perf_counter() + _TURN_SECONDS
        job.context.run(self._do, job, ends)
        if not job.is_done or self._order:
            asyncio.get_running_loop().call_soon(self._take_turn)
        else:
            self._is_taken = False

    def _next(self) -> Job | None:
        while self._order:
            name = self._order.popleft()
            job = self._callers[name].next()
            if job is not None:
                self._order.append(name)
                return job
            del self._callers[name]
        return None

    def _do(self, job: Job, ends: float) -> None:
        try:
            while True:
                result, job.result = job.result, None
                asked = job.steps.send(result)
                if asked is not None:
                    self._ask_thread(job, asked)
                    return
                if perf_counter() > ends:
                    return
        except StopIteration as done:
            then, reply = self._end(job)
            self._hand_on(then, reply, done.value)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            _, reply = self._end(job)
            reply(error)

    def _hand_on(self, then: Callable[[Any], None], reply: Reply, result: Any) -> None:
        try:
            then(result)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            reply(error)

    def _ask_thread(self, job: Job, asked: Callable[[], Any]) -> None:
        self._callers[job.caller].put_aside(job)
        self._aside.append(job)
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, asked).add_done_callback(lambda done: self._go_on(job, done))

    def _go_on(self, job: Job, done: asyncio.Future[Any]) -> None:
        self._aside.remove(job)
        if job.is_done or done.cancelled():
            return
        error = done.exception()
        if error is not None:
            _, reply = self._end(job)
            if isinstance(error, Exception):
                reply(error)
            return
        job.result = done.result()
        self._add(job, is_new=False)
        if not self._is_taken:
            self._is_taken = True
            self._take_turn()

    def _end(self, job: Job) -> tuple[Callable[[Any], None], Reply]:
        """Returns whom to tell. The job itself may lie in its lists for a while and must keep nothing in memory."""
        then, reply = job.then, job.reply
        job.is_done = True
        job.steps.close()
        job.steps, job.then, job.reply = _no_steps(), _tell_nobody, _tell_nobody
        return then, reply

    def _look(self) -> None:
        """Drop what is too late, or waits for a client that is gone."""
        self._watch = None
        waiting = [job for caller in self._callers.values() for job in caller.jobs()]
        waiting += [job for job in self._aside if not job.is_done]
        now = perf_counter()
        for job in waiting:
            if job.request.is_abandoned:
                self._end(job)
            elif job.latest <= now:
                _, reply = self._end(job)
                reply(job.late())
        if waiting:
            self._watch = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)


def _no_steps() -> Steps[None]:
    yield from ()


def _tell_nobody(_outcome: Any) -> None:
    pass
