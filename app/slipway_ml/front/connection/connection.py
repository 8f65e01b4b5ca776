"""One client's connection: its requests read (`request_reader`), its answers written, and its end.

Instead of a timer per request each connection keeps one deadline, and the server looks at all of them now and then. A
connection is told to close after a while, so that new replicas get their share, and while the server drains. However it
ends, the client can read its last response (`lingering`).
"""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from slipway_ml.front.connection.asgi_cycle import close_unless_continued
from slipway_ml.front.connection.limits import NO_PLACE
from slipway_ml.front.connection.lingering import Lingering
from slipway_ml.front.connection.request_cycle import HotCycle
from slipway_ml.front.connection.request_reader import RequestReader, nothing
from slipway_ml.front.connection.response_lines import ResponseLines
from slipway_ml.front.connection.watched_connection import NO_DEADLINE
from slipway_ml.front.exchange import HUNG_UP, Exchange, HotResponse
from slipway_ml.front.refusals import STATUS, Reason, Refused

_UNAVAILABLE = 503


class Connection(RequestReader):
    """The protocol that the server makes for each accepted socket."""

    def __init__(self, *args: Any, response_lines: ResponseLines, lingering: Lingering, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._response_lines = response_lines
        self._lingering = lingering
        self._task: asyncio.Task[None] | None = None
        self._answering: RequestResponseCycle | None = None
        """Whose task it is, which is not the newest cycle while others wait for its response."""
        self._has_rest = False
        """It lingers, and more of what the client has begun to send is to come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._deadline = self._since + self._limits.head_seconds
        self._peer = self.client[0] if self.client else ""
        if not self._table.admit(self, len(self.connections) - len(self._lingering)):
            self._table.closes("refused")
            self.refuse(Refused(Reason.TOO_MANY_CONNECTIONS, NO_PLACE))

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is left to read an answer, so what was to give it is stopped, and its work leaves the queue."""
        self._is_over = True
        self._table.remove(self)
        if isinstance(self.cycle, HotCycle):
            self.cycle.abandon()
            self.cycle = None  # type: ignore[assignment]  # as uvicorn has it before the first request
        self._note_unsent(0)
        super().connection_lost(exc)
        self._detour = None
        if self.cycle is not None:
            self.cycle.on_response = nothing
        self.cycle = None  # type: ignore[assignment]  # it knows this connection
        if self._task is not None:
            if self._answering is not None:
                self._answering.disconnected = True
                self._answering = None
            self._task.cancel(HUNG_UP)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.waiting_for_100_continue:
            app = close_unless_continued(app, cycle)
        self._answering = cycle
        self._task = self.loop.create_task(cycle.run_asgi(app))
        self._task.add_done_callback(self.tasks.discard)
        self.tasks.add(self._task)

    # What goes out.

    def write_response(self, response: HotResponse, request_id: str, *, closes: bool) -> None:
        """Write the whole answer of a hot cycle."""
        if not self.transport.is_closing():
            defaults = self.server_state.default_headers
            self._response_lines.write(self.transport.write, response, request_id, defaults, closes=closes)
            if closes:
                self.close()
        self.on_response_complete()

    def start_compressing(self, exchange: Exchange, response: HotResponse, cycle: HotCycle) -> None:
        """Compress an answer, which may need a thread, and let the cycle write it then."""

        async def compress() -> None:
            await self._guard.bodies.compress(exchange, response)
            cycle.write(response)

        task = self.loop.create_task(compress())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._table.note_response(self)
        if self._lingers or self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_next()
        elif self._is_over:
            self._write_refusal()
        elif self._deadline == NO_DEADLINE:
            self._deadline = self.loop.time() + self._limits.idle_seconds

    def _start_next(self) -> None:
        """Answer the next request of a pipeline."""
        cycle, app = self.pipeline.pop()
        self._start_asgi_task(cycle, app)
        if not self._is_between:
            seconds = self._limits.head_seconds if self._in_head else self._limits.body_seconds
            self._deadline = self.loop.time() + seconds
        if self._kept and not self.pipeline:
            self.loop.call_soon(self.go_on)

    def shutdown(self) -> None:
        """The listener is closed: end after the answer that is under way, or now."""
        if self._lingers:
            if not self._has_rest:
                self.transport.close()
        elif not self.is_idle():
            self.cycle.keep_alive = False
        elif self._is_between or self._in_head:
            self.transport.close()
        else:
            self.close()

    def stop(self) -> None:
        """The server waits no longer: refuse a request that has no response yet, and give up one that is not taken."""
        if self._lingers or self.transport.is_closing() or self.is_idle():
            return
        if self.cycle.response_started or self.pipeline:
            self.transport.abort()
            return
        self._guard.refusals.report(Reason.STOPPING)
        self._give_up()
        if self._task is not None:
            self._task.cancel(HUNG_UP)
        self._refusal = Refused(Reason.STOPPING, "the server is stopping; send the request again")
        self._write_refusal()

    # How it ends.

    def refuse(self, refusal: Refused) -> None:
        """Read no more; answer the request that is being read, after those before it, unless it has its answer."""
        if self._is_over or self.transport.is_closing():
            return
        self._guard.refusals.report(refusal.reason)
        self._is_over = True
        self._deadline = NO_DEADLINE
        self._refusal = refusal
        if self._is_between or self._in_head:  # it has no cycle yet
            is_next = self.is_idle()
        elif self.pipeline:
            self.pipeline.popleft()
            is_next = False
        elif self.cycle.response_started:
            self._give_up()
            self._linger()
            return
        else:
            self._give_up()
            is_next = True
        if is_next:
            self._write_refusal()
        else:
            self._detour = self._drop

    def _drop(self, _data: bytes) -> bytes:
        """Parse no more of it."""
        self.flow.pause_reading()
        return b""

    def _give_up(self) -> None:
        """Nobody waits any more for what the newest request's cycle would answer."""
        if isinstance(self.cycle, HotCycle):
            self.cycle.abandon()
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _write_refusal(self) -> None:
        """Answer a request that never reached the application, and close."""
        refusal = self._refusal
        if refusal is not None:
            body = orjson.dumps({"error": refusal.message})
            status = STATUS[refusal.reason]
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
            if status == _UNAVAILABLE:
                head = b"retry-after: 1\r\n" + head
            self.transport.write(STATUS_LINE[status] + head + body)
        self._linger()

    def close(self) -> None:
        if self._asks_to_close and self._is_between and not (self._is_over or self.pipeline or self._kept):
            self._is_over = True  # all that it sends has come
            self.transport.close()
        else:
            self._linger(has_rest=not self._is_between)

    def _linger(self, *, has_rest: bool = True) -> None:
        self._is_over, self._refusal, self._kept = True, None, b""
        self._deadline = NO_DEADLINE
        self.pipeline.clear()
        if not self._lingers and not self.transport.is_closing():
            self._lingers, self._has_rest = True, has_rest
            self._lingering.begin(self, self.transport)
