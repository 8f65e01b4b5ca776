"""A plain request for a hot route on its connection: from its head to its answer, without ASGI in between.

Takes the place of uvicorn's cycle (`asgi_cycle`). That one makes a scope, a task and an event per request, hands the
body over by a message and takes the answer in two; here the connection calls the guard's steps as the parser reports
the parts of the request, and the answer is written in one piece. A connection gives a request this cycle only where
nothing stands in the way of that: an exact path of the table, no coding of the body, no earlier request unanswered.
"""

from collections.abc import Coroutine
from typing import Protocol

from slipway_ml.front.bodies import add_part
from slipway_ml.front.encoding import SMALLEST_COMPRESSED
from slipway_ml.front.exchange import CLOSE, JSON_ALONE, Exchange, HotResponse
from slipway_ml.front.guard import CLIENT_GONE, Guard
from slipway_ml.front.routes import Match


class Wire(Protocol):
    """The connection, as a cycle sees it."""

    def write_response(self, response: HotResponse, request_id: str, *, closes: bool) -> None: ...

    def keep(self, work: Coroutine[None, None, None]) -> None:
        """Run what a response waits for."""
        ...


class HotCycle:
    """One request."""

    __slots__ = ("_chunks", "_guard", "_wire", "exchange", "keep_alive", "match", "response_complete")

    def __init__(self, guard: Guard, wire: Wire, match: Match, exchange: Exchange, *, keep_alive: bool) -> None:
        self._guard = guard
        self._wire = wire
        self.match = match
        self._chunks: list[bytes] = []
        self.exchange = exchange
        self.keep_alive = keep_alive
        self.response_complete = False

    @property
    def response_started(self) -> bool:
        """Answers are written whole."""
        return self.response_complete

    @property
    def received(self) -> int:
        """Bytes of the body that are in memory."""
        return self.exchange.held

    def begin(self) -> bool:
        """The head is complete; whether nothing was wrong with it."""
        try:
            self._guard.admit(self.exchange, self.match)
            self._guard.bodies.check_head(self.exchange)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            self.reply(error)
            return False
        return True

    def take_whole(self, body: bytes) -> None:
        """Head and body have come, and the head is one that was admitted before."""
        guard, exchange = self._guard, self.exchange
        try:
            guard.admit(exchange, self.match)
            guard.bodies.hold(exchange, len(body))
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            self.reply(error)
        else:
            guard.handle(exchange, self.match, body, self.reply)

    def take_beginning(self, chunk: bytes, length: int) -> None:
        """The same with a part of the body, which will be this long."""
        try:
            self._guard.admit(self.exchange, self.match)
            self._guard.bodies.check_length(length)
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            self.reply(error)
        else:
            self.take(chunk)

    def take(self, chunk: bytes) -> None:
        """A part of the body has come."""
        if self.response_complete:
            return
        try:
            self._guard.bodies.hold(self.exchange, len(chunk))
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            self.reply(error)
        else:
            add_part(self._chunks, chunk)

    def finish_body(self) -> None:
        """The body is complete."""
        if not self.response_complete:
            body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            self._chunks = []  # the whole is in memory now
            self._guard.handle(self.exchange, self.match, body, self.reply)

    def reply(self, outcome: HotResponse | Exception) -> None:
        """Answer, unless that was done already or nobody is there any more."""
        if self.response_complete:
            return
        if isinstance(outcome, Exception):
            self.write(self._guard.answer(self.exchange, outcome))
        elif len(outcome.body) > SMALLEST_COMPRESSED and b"accept-encoding" in self.exchange.headers:
            self._chunks = []
            self.exchange.body = b""
            self._guard.bodies.take_response(self.exchange, outcome)
            self._wire.keep(self._compress(outcome))
        else:
            self.write(outcome)

    async def _compress(self, response: HotResponse) -> None:
        """Write the answer when it is compressed, which may need a thread."""
        await self._guard.bodies.compress(self.exchange, response)
        self.write(response)

    def write(self, response: HotResponse) -> None:
        """Write the answer as it is."""
        if self.response_complete:
            return
        if self._guard.is_draining or (response.headers is not JSON_ALONE and CLOSE in response.headers):
            self.keep_alive = False
        if self._guard.cors is not None:
            response.headers += self._guard.cors.lines(self.exchange.headers)
        self._end(response.status)
        self._wire.write_response(response, self.exchange.request_id, closes=not self.keep_alive)

    def abandon(self) -> None:
        """The client is gone, or was answered by somebody else."""
        if not self.response_complete:
            self.exchange.is_abandoned = True
            self._end(CLIENT_GONE)

    def _end(self, status: int) -> None:
        """Let go of the body, which must not stay in memory until the next request, and report."""
        self.response_complete = True
        exchange = self.exchange
        self._guard.bodies.release(exchange)
        self._chunks = []
        exchange.body = b""
        exchange.status = status
        self._guard.close(exchange)
