"""What every hot endpoint does: decode the bytes, put the rows into the model's batch, encode what comes out of it.

An endpoint says how to decode and how to encode. It says nothing of waiting: when the batch has run, the work is
encoded and replied, without a task or a future in between.
"""

import asyncio
from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar

from slipway_ml.api.hot.timeouts import timeout_of
from slipway_ml.api.hot.turns import LARGE, Job, Turns
from slipway_ml.errors import DeadlineExceeded, Overloaded, RequestError
from slipway_ml.front.exchange import BINARY_HEADER, HotHandler, HotRequest, HotResponse, Reply
from slipway_ml.protocol.json_cuts import Steps
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.protocol.parts import Part
from slipway_ml.protocol.unusual_values import UnusualValues
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.servable import Servable

Body = bytes | bytearray

_LARGE_RESPONSE = 8_000
"""Values of an answer from which on it is encoded in turns."""
_FEW_ROWS = 32
_KEY_HEADERS = (b"authorization", b"x-api-key")


@dataclass(slots=True)
class Work:
    """A decoded request: tensors that fit the model's signature, and what its endpoint needs to encode the answer.

    `timeout` is the caller's own, in seconds, where the body has one. In the queue of its model a work is what the
    batcher asks of a caller, and a future offers as well.
    """

    endpoint: "PredictionHandler"
    servable: Servable
    request: HotRequest
    part: Part
    rows: int
    context: Any = None
    timeout: float | None = None
    reply: Reply | None = None
    """Where the answer goes; None before the work is queued and once it is told."""
    unusual: UnusualValues | None = None
    """What in its rows is unlike training and was predicted all the same."""

    def done(self) -> bool:
        """Whether nobody waits for the outcome any more."""
        return self.reply is None or self.request.is_abandoned

    def set_result(self, outputs: Outputs) -> None:
        """The batch has run."""
        if outputs.run.unusual is not None and self._is_refused(outputs):
            return
        if self.rows > _FEW_ROWS and self.rows * outputs.width > _LARGE_RESPONSE:
            try:
                self.request.charge(outputs.nbytes)  # they wait for their turn
            except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
                self.tell(error)
            else:
                self.endpoint.encode_later(self, outputs)
        else:
            try:
                response = self.endpoint.encode(self, outputs)
            except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
                self.tell(error)
            else:
                self.tell(response)

    def set_exception(self, error: Exception) -> None:
        """The batch has failed, or did not run in time."""
        self.tell(error)

    def _is_refused(self, outputs: Outputs) -> bool:
        """Whether a value unlike those of training is not to be predicted; what is predicted is kept for the answer."""
        unusual = outputs.unusual
        if unusual is None:
            return False  # it is in the rows of another request
        self.servable.metrics.count_unusual(unusual.counts)
        if unusual.refused.total:
            self.tell(self.endpoint.refusal(self, unusual))
            return True
        self.unusual = unusual
        return False

    def told(self, body: Body) -> Body:
        """The answer's bytes, a JSON object, with the warnings as its last members where there are any."""
        return body if self.unusual is None else self.unusual.after(body)

    def tell(self, outcome: HotResponse | Exception) -> None:
        reply, self.reply = self.reply, None
        if reply is not None:
            reply(outcome)


class PredictionHandler(ABC):
    """A hot handler made of two plain functions."""

    endpoint: ClassVar[str]
    """What the metrics call it."""

    def __init__(self, plane: DataPlane, turns: Turns) -> None:
        self._plane = plane
        self._turns = turns

    @abstractmethod
    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """The request as tensors; raises what answers it where it is wrong."""

    @abstractmethod
    def is_quick(self, request: HotRequest) -> bool:
        """Whether a body above LARGE can be decoded at once, as one step of about a millisecond."""

    @abstractmethod
    def decode_in_steps(self, servable: Servable, request: HotRequest) -> Steps[Work]:
        """The same for a long body."""

    @abstractmethod
    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """The answer's bytes."""

    @abstractmethod
    def encode_in_steps(self, work: Work, outputs: Outputs) -> Steps[HotResponse]:
        """The same for a long answer."""

    def __call__(self, request: HotRequest, reply: Reply) -> None:
        """Answer one request; raises where it is refused at once."""
        try:
            servable, latest = self._plane.admit(request.params, timeout_of(request.headers))
        except Overloaded:
            request.counter = self._plane.resolve(request.params).metrics.requests[self.endpoint]
            raise
        request.counter = servable.metrics.requests[self.endpoint]
        size = len(request.body)
        if size <= LARGE:
            try:
                work = self.decode(servable, request)
            except RequestError:
                if not _drop_bom(request):
                    raise
                work = self.decode(servable, request)
            self._submit(work, reply, latest)
            return
        _drop_bom(request)
        is_quick = self.is_quick(request)
        if is_quick and self._turns.take_one():
            self._submit(self.decode(servable, request), reply, latest)
            return
        self._turns.start(
            Job(
                request,
                _caller(servable, request),
                size,
                latest,
                lambda: DeadlineExceeded(servable.name),
                in_one_step(self.decode, servable, request) if is_quick else self.decode_in_steps(servable, request),
                lambda work: self._submit(work, reply, latest),
                reply,
            )
        )

    def refusal(self, work: Work, unusual: UnusualValues) -> Exception:
        """What answers a request with values that are not to be predicted; rows are told every problem."""
        return unusual.as_invalid_rows(len(work.request.body) or None)

    def encode_later(self, work: Work, outputs: Outputs) -> None:
        """Encode a long answer in turns, which has as much time as an answer has."""
        servable, request = work.servable, work.request
        self._turns.start(
            Job(
                request,
                _caller(servable, request),
                work.rows,
                perf_counter() + servable.deadline,
                lambda: DeadlineExceeded(servable.name),
                self.encode_in_steps(work, outputs),
                work.tell,
                work.tell,
            )
        )

    def _submit(self, work: Work, reply: Reply, latest: float) -> None:
        if work.timeout is not None:
            latest = min(latest, perf_counter() + work.timeout)
        work.reply = reply
        if len(work.request.body) > LARGE:
            work.request.body = b""  # the tensors are what is needed now
        work.servable.batcher.submit(work.part, work.rows, work, latest)


def _drop_bom(request: HotRequest) -> bool:
    """Take the mark away that Windows programs put before UTF-8, which JSON has no place for; whether there was one."""
    if not request.body.startswith(BOM_UTF8) or BINARY_HEADER in request.headers:
        return False
    request.body = request.body[len(BOM_UTF8) :]
    return True


def in_one_step(decode: Callable[[Servable, HotRequest], Work], servable: Servable, request: HotRequest) -> Steps[Work]:
    """Decoding that is short enough for one step, as steps."""
    yield from ()
    return decode(servable, request)


def _caller(servable: Servable, request: HotRequest) -> tuple[str, bytes | str]:
    """Whose turn it is: a model with an API key or, without one, with the address at the other end."""
    headers = request.headers
    key = next((headers[name] for name in _KEY_HEADERS if name in headers), None)
    return servable.name, request.peer if key is None else key


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
