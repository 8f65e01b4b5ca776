"""One client's connection: what its client sends moves it from state to state (`state`), and responses go out in order.

`RequestParser` cuts the bytes into requests and reports their parts here. A plain request for a hot route gets a
`HotCycle`, any other an `AsgiCycle`; at most one of them is being answered, and the others wait. However a connection
ends, its client can read its last response (`lingering`).

Instead of a timer per request each connection has one deadline, which the table looks at ten times a second. What the
table wants to know, and to have closed, is in `PlacedConnection`.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from uvicorn.server import ServerState

from slipway_ml.front.connection.asgi_cycle import AsgiCycle, AsgiWire
from slipway_ml.front.connection.connection_table import ConnectionTable
from slipway_ml.front.connection.flow import Flow, Hold
from slipway_ml.front.connection.heads import Head
from slipway_ml.front.connection.known_head import RecognizedHead
from slipway_ml.front.connection.limits import NO_PLACE
from slipway_ml.front.connection.lingering import Lingering
from slipway_ml.front.connection.placed_connection import NO_DEADLINE, PlacedConnection
from slipway_ml.front.connection.read_turns import LARGE_READ, ReadTurns
from slipway_ml.front.connection.request_cycle import HotCycle, Wire
from slipway_ml.front.connection.request_parser import RequestParser, Requests
from slipway_ml.front.connection.response_lines import ResponseLines
from slipway_ml.front.connection.state import BETWEEN, BODY, DISCARDING, HEAD, LAST, LINGERING
from slipway_ml.front.exchange import HotResponse
from slipway_ml.front.guard import Guard
from slipway_ml.front.refusals import Reason, Refused
from slipway_ml.front.routes import Match


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a server share."""

    guard: Guard
    table: ConnectionTable
    response_lines: ResponseLines
    lingering: Lingering
    read_turns: ReadTurns


class Connection(PlacedConnection, Requests, Wire, AsgiWire):
    """The protocol that the server makes for each accepted socket."""

    def __init__(self, shared: Shared, server: ServerState) -> None:
        super().__init__(shared.guard, shared.table)
        self._shared = shared
        self._server = server
        self._parser = RequestParser(self._limits, self)
        self._deadline = self._since + self._limits.head_seconds
        self._retires_at = self._since + self._limits.draw_age()
        self._kept = b""
        """What has come behind requests that wait; it is read when none does any more."""
        self._discarded = 0
        """Bytes, of the body that is being discarded."""
        self._refusal: Refused | None = None
        """The last response, once those before it are given."""
        self._asks_to_close = False
        """The client said with its newest request that it is its last one."""
        self._has_rest = False
        """It lingers, and more of what the client has begun to send is to come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # of a socket it is one that writes
        self.transport, self.flow = transport, Flow(transport)
        peer = transport.get_extra_info("peername")
        self._peer: str = peer[0] if peer else ""
        self._table.members.add(self)
        if not self._table.admit(self, len(self._table.members) - len(self._shared.lingering)):
            self._table.closes("refused")
            self.refuse(Refused(Reason.TOO_MANY_CONNECTIONS, NO_PLACE))

    # What comes in.

    def data_received(self, data: bytes) -> None:
        waits_for_turn = len(data) >= LARGE_READ and self.flow.hold(Hold.TURN)
        rest = data if self._kept or self._waiting or self.state is LAST else self._parser.feed(data)
        if rest:
            self._keep_for_later(rest)
        if waits_for_turn:
            self._shared.read_turns.wait(self, self._parser.left)

    def read_on(self) -> None:
        """It is this connection's turn to read more of a large body."""
        self.flow.release(Hold.TURN)

    def reads_on(self) -> bool:
        return not (self._waiting or self.is_over)

    def _keep_for_later(self, data: bytes | memoryview) -> None:
        if not self.is_over:
            self._kept += data
        if self.state is not LINGERING:
            self.flow.hold(Hold.QUEUE)

    def _go_on(self) -> None:
        """Read what was kept, now that no request waits any more for those before it."""
        kept, self._kept = self._kept, b""
        if not self.is_over:
            self.flow.release(Hold.QUEUE)
            if kept:
                self.data_received(kept)

    def begin_head(self) -> None:
        if self.is_over:
            raise Refused(Reason.MALFORMED, "the connection has had its last request")
        self.state = HEAD
        self._deadline = self._loop.time() + self._limits.head_seconds

    def begin_request(self, head: Head) -> Match | None:
        guard, now = self._guard, self._loop.time()
        if self.is_reserved and not guard.is_for_operators(head.url):
            self._table.closes("refused")
            raise Refused(Reason.TOO_MANY_CONNECTIONS, NO_PLACE)
        is_last = now > self._retires_at or guard.is_draining or head.length > self._limits.linger_bytes
        keep_alive = head.keep_alive and not (is_last or self.is_reserved)
        match = guard.hot_urls.get(head.url)
        if match is None or not head.is_plain or self._answering is not None or self.flow.write_paused:
            match = None
            self._request = cycle = AsgiCycle(head, self, self._server.default_headers, keep_alive=keep_alive)
            if self._answering is None:
                self._answer(cycle)
            else:
                self._waiting.append(cycle)
                self.flow.hold(Hold.QUEUE)
        else:
            exchange = guard.open("POST", head.headers, head.by_name, self._peer)
            self._request = self._answering = HotCycle(guard, self, match, exchange, keep_alive=keep_alive)
        self.state = BODY
        self._asks_to_close = not head.keep_alive
        self._deadline = now + self._limits.body_seconds
        return match if isinstance(self._request, HotCycle) and self._request.begin() and keep_alive else None

    def begin_known(self, match: Match, head: RecognizedHead, body: bytes) -> bool:
        guard, now = self._guard, self._loop.time()
        if self._answering is not None or self.flow.write_paused or guard.is_draining or now > self._retires_at:
            return False
        exchange = guard.open("POST", head.headers, head.by_name, self._peer)
        self._request = self._answering = cycle = HotCycle(guard, self, match, exchange, keep_alive=True)
        if len(body) == head.length:
            self._deadline = NO_DEADLINE
            cycle.take_whole(body)
        else:
            self.state = BODY
            self._deadline = now + self._limits.body_seconds
            cycle.take_beginning(body, head.length)
        return True

    def take(self, chunk: bytes) -> None:
        if self.state is BODY and self._request is not None:
            self._request.take(chunk)
        elif self.state is DISCARDING:
            self._discarded += len(chunk)
            if self._discarded > self._limits.linger_bytes:
                self.refuse(Refused(Reason.REST_TOO_LONG, "the rest of a body that was refused is too long"))

    def end_request(self) -> None:
        if self.is_over:
            return
        was_wanted, self.state = self.state is BODY, BETWEEN
        self._deadline = NO_DEADLINE if self._answering is not None else self._loop.time() + self._limits.idle_seconds
        if was_wanted and self._request is not None:
            self._request.finish_body()

    # What goes out.

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def write_response(self, response: HotResponse, request_id: str, *, closes: bool) -> None:
        if not self.transport.is_closing():
            defaults = self._server.default_headers
            self._shared.response_lines.write(self.transport.write, response, request_id, defaults, closes=closes)
            if closes:
                self.close()
        self.end_response()

    def keep(self, work: Coroutine[None, None, None] | asyncio.Task[None]) -> None:
        task = asyncio.ensure_future(work)
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def _answer(self, cycle: AsgiCycle) -> None:
        self._answering = cycle
        self.keep(cycle.begin(self._guard))

    def end_response(self) -> None:
        self._server.total_requests += 1
        self._table.note_response(self)
        self._answering = None
        if self.state is LINGERING or self.transport.is_closing():
            return
        if self._waiting:
            self._answer_next(self._waiting.popleft())
        elif self.state is LAST:
            self._write_refusal()
        elif self.state is BODY:
            self.state, self._discarded = DISCARDING, 0
        elif self.state is BETWEEN:
            self._deadline = self._loop.time() + self._limits.idle_seconds

    def _answer_next(self, cycle: AsgiCycle) -> None:
        self._answer(cycle)
        if self.state is HEAD or self.state is BODY:
            seconds = self._limits.head_seconds if self.state is HEAD else self._limits.body_seconds
            self._deadline = self._loop.time() + seconds
        if not self._waiting:
            self._loop.call_soon(self._go_on)

    # How it ends.

    def refuse(self, refusal: Refused) -> None:
        if self.is_over or self.transport.is_closing():
            return
        self._guard.refusals.report(refusal.reason)
        state, self.state = self.state, LAST
        self._deadline = NO_DEADLINE
        self._refusal = refusal
        if state is BODY and self._waiting:
            self._waiting.pop()
        elif state is BODY or state is DISCARDING:
            if self._request is not None and self._request.response_started:
                self._refusal = None
            self._give_up()
        if self._answering is None:
            self._write_refusal()

    def _give_up(self) -> None:
        """Nobody waits any more for the response that is due."""
        cycle, self._answering = self._answering, None
        if cycle is not None:
            cycle.abandon()

    def _write_refusal(self) -> None:
        """Answer a request that never reached the application, if there is one, and close."""
        if self._refusal is not None:
            self.transport.write(self._shared.response_lines.encode_refusal(self._refusal))
        self._linger(has_rest=True)

    def close(self) -> None:
        if self._asks_to_close and self.state is BETWEEN and not (self._waiting or self._kept):
            self.state = LAST  # all that it sends has come
            self.transport.close()
        else:
            self._linger(has_rest=self.state is not BETWEEN)

    def _linger(self, *, has_rest: bool) -> None:
        if self.state is LINGERING or self.transport.is_closing():
            return
        self.state, self._has_rest = LINGERING, has_rest
        self._deadline = NO_DEADLINE
        self._waiting.clear()
        self._kept = b""
        self.flow.end()
        self._shared.lingering.begin(self, self.transport)

    def shutdown(self) -> None:
        """The listener is closed: end after the response that is due, or now."""
        if self.state is DISCARDING or (self.state is LINGERING and self._has_rest):
            self.close()
        elif self.state is not LINGERING and self._answering is not None and self._request is not None:
            self._request.keep_alive = False
        else:
            self.transport.close()

    def stop(self) -> None:
        """The server waits no longer: refuse a request that has no response yet, and give up one that is not taken."""
        if self._answering is None or self.state is LINGERING or self.transport.is_closing():
            return
        if self._answering.response_started or self._waiting:
            self.transport.abort()
            return
        self._guard.refusals.report(Reason.STOPPING)
        self._give_up()
        self._refusal = Refused(Reason.STOPPING, "the server is stopping; send the request again")
        self._write_refusal()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # however it was lost
        """Nobody is left to read a response, so what was to give it is stopped, and its work leaves the queue."""
        self._table.members.discard(self)
        self._table.remove(self)
        if self.state is not LINGERING:
            self.state = LAST
        for cycle in (self._answering, *self._waiting):
            if cycle is not None:
                cycle.abandon()
        self._waiting.clear()
        self._request = self._answering = None  # they know this connection
        self._unsent.clear()
        self.flow.resume_writing()
        self._parser.close()
