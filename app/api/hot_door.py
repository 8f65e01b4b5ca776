"""What every hot door does: decode the bytes, put the rows into the model's batch, encode what comes out of it.

A door says how to decode and how to encode. It says nothing of waiting: when the batch has run, the work is encoded and
replied, without a task or a future in between.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from app.api.large_bodies import LARGE, LargeBodies
from app.api.timeouts import timeout_of
from app.errors import DeadlineExceeded
from app.front.exchange import HotHandler, HotRequest, HotResponse, Reply
from app.protocol.outputs import Outputs
from app.protocol.parts import Part
from app.serving.data_plane import DataPlane
from app.serving.servable import Servable

_LARGE_ANSWER = 20_000
"""Rows from which on an answer is encoded in a thread."""


@dataclass(slots=True)
class Work:
    """A decoded request: tensors that fit the model's signature, and what its door needs to encode the answer.

    `timeout` is the caller's own, in seconds, where the body has one. In the queue of its model a work is what the
    batcher asks of a caller, and a future offers as well.
    """

    door: "HotDoor"
    servable: Servable
    request: HotRequest
    part: Part
    rows: int
    context: Any = None
    timeout: float | None = None
    reply: Reply | None = None
    """Where the answer goes; None before the work is queued and once it is told."""

    def done(self) -> bool:
        """Whether nobody waits for the outcome any more."""
        return self.reply is None or self.request.is_abandoned

    def set_result(self, outputs: Outputs) -> None:
        """The batch has run."""
        if self.rows > _LARGE_ANSWER:
            encoding = asyncio.get_running_loop().run_in_executor(None, self._encode, outputs)
            encoding.add_done_callback(lambda done: self._tell(done.result()))
        else:
            try:
                response = self.door.encode(self, outputs)
            except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
                self._tell(error)
            else:
                self._tell(response)

    def set_exception(self, error: Exception) -> None:
        """The batch has failed, or did not run in time."""
        self._tell(error)

    def _encode(self, outputs: Outputs) -> HotResponse | Exception:
        try:
            return self.door.encode(self, outputs)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            return error

    def _tell(self, outcome: HotResponse | Exception) -> None:
        reply, self.reply = self.reply, None
        if reply is not None:
            reply(outcome)


class HotDoor(ABC):
    """A hot handler made of two plain functions."""

    def __init__(self, plane: DataPlane, large: LargeBodies) -> None:
        self._plane = plane
        self._large = large

    @abstractmethod
    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """The request as tensors; raises what answers it where it is wrong. May run in a thread."""

    @abstractmethod
    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """The answer's bytes. May run in a thread."""

    def __call__(self, request: HotRequest, reply: Reply) -> None:
        """Answer one request; raises where it is refused at once."""
        servable, latest = self._plane.admit(request.params, timeout_of(request.headers))
        size = len(request.body)
        if size <= LARGE:
            self._submit(self.decode(servable, request), reply, latest)
            return

        def decode() -> Work:
            if perf_counter() > latest:
                raise DeadlineExceeded(servable.name)
            return self.decode(servable, request)

        self._large.decode(size, decode, lambda work: self._submit(work, reply, latest), reply)

    def _submit(self, work: Work, reply: Reply, latest: float) -> None:
        if work.timeout is not None:
            latest = min(latest, perf_counter() + work.timeout)
        work.reply = reply
        work.servable.batcher.submit(work.part, work.rows, work, latest)


def in_task(handler: Callable[[HotRequest], Awaitable[HotResponse]]) -> HotHandler:
    """A coroutine function as a hot handler, for what is rare or waits for more than a batch."""
    tasks: set[asyncio.Task[None]] = set()

    async def answer(request: HotRequest, reply: Reply) -> None:
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            reply(error)
        else:
            reply(response)

    def start(request: HotRequest, reply: Reply) -> None:
        task = asyncio.get_running_loop().create_task(answer(request, reply))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return start
