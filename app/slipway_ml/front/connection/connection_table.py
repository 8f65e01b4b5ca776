"""Who has a place: the connections of one server, and which of them goes when there are too many or memory is short.

A newcomer beyond the cap gets the place of the connection that has waited longest without a request, be it for its
first or for its next; one that is being served is never closed for another. Where all are busy a few more get in that
are answered probes and metrics alone, so that a full server can be told from a dead one.

However many connections there are, no turn of the event loop looks at more than a few: those that wait stand in two
queues, the longest waiting in front, and the periodic look at all of them is cut into slices.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import islice
from typing import Protocol

from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.memory.budget import MemoryBudget

logger = logging.getLogger("slipway.front")

RESERVED = 32
"""Connections beyond the cap that are answered probes and metrics."""
_IDLE_WEIGHT = 1 / 50
"""What a second of waiting counts for one that has had a request answered: it is likelier to be somebody's."""
_STALLED_SECONDS = 1.0
"""How long bytes must have stood still before their connection may be closed for others."""
_SLICE = 128
"""Connections that are looked at before others have their turn: about 0.3 ms of CPU."""
_MOST_BUSY = 32
"""Connections at the front of a queue that may turn out to be served before the queue is taken for empty."""
_LOG_SECONDS = 10.0  # between two lines about closed connections, whose count is a metric

CLOSED_FOR = ("idle", "slow_head", "slow_body", "slow_reader", "displaced", "memory", "refused")
"""Why the server closes a connection before its client does; `refused` had no place."""


class Member(Protocol):
    """A connection, as the table sees it."""

    is_reserved: bool

    def watch(self, now: float) -> None: ...

    def waited(self, now: float) -> float:
        """Seconds it has waited for a request, weighed; negative while it is served."""
        ...

    def stalled(self, now: float) -> float:
        """Seconds its body or response has stood still; 0 where nothing has to move."""
        ...

    def has_unread(self) -> bool: ...

    def stop(self) -> None:
        """End what is unfinished: the process is about to."""
        ...

    def holder(self) -> Hashable:
        """Whose share of the memory it uses."""
        ...

    def dismiss(self) -> int:
        """Close it for others; returns the bytes of memory that this frees."""
        ...


class ConnectionTable:
    """The places of one server process."""

    def __init__(
        self,
        limits: ConnectionLimits,
        budget: MemoryBudget,
        count_closed: Callable[[str, int], None],
        clock: Callable[[], float],
    ) -> None:
        self.limits = limits
        self.budget = budget
        self.members: set[Member] = set()
        self._count_closed = count_closed
        self._clock = clock
        self._silent: OrderedDict[Member, None] = OrderedDict()
        """Those that have had no response yet, the oldest first."""
        self._kept: OrderedDict[Member, None] = OrderedDict()
        """Those that have had one, the one that has had its latest for longest first."""
        self._stalled: list[Member] = []
        """Those whose bytes stood still when all were looked at last."""
        self._pressed: dict[str, int] = {}
        self._next_log = 0.0
        budget.make_room = self.make_room
        for reason in CLOSED_FOR:
            count_closed(reason, 0)  # so that all series are there from the start

    def admit(self, newcomer: Member, count: int) -> bool:
        """Whether a connection, the `count`-th, may stay; it may be for probes alone, and another may have to go."""
        has_place = count <= self.limits.connections or self._displace()
        self._silent[newcomer] = None
        newcomer.is_reserved = not has_place
        return has_place or count <= self.limits.connections + RESERVED

    def note_response(self, member: Member) -> None:
        """It has had a response, and may wait for its next request now."""
        try:
            self._kept.move_to_end(member)
        except KeyError:  # its first
            self._silent.pop(member, None)
            self._kept[member] = None

    def remove(self, member: Member) -> None:
        """It is closed."""
        self._silent.pop(member, None)
        self._kept.pop(member, None)

    async def look(self) -> None:
        """Ten times a second: watch all connections, and close those that stand still where memory is short."""
        members = iter(list(self.members))
        stalled: list[tuple[float, int, Member]] = []
        while few := list(islice(members, _SLICE)):
            now = self._clock()
            for member in few:
                if member in self.members:
                    try:
                        member.watch(now)
                        if (seconds := member.stalled(now)) >= _STALLED_SECONDS:
                            stalled.append((seconds, id(member), member))
                    except Exception:  # whatever it was: the other connections are looked at all the same
                        logger.exception("looking at a connection failed")
            if len(few) == _SLICE:
                await asyncio.sleep(0)
        self._stalled = [member for _, _, member in sorted(stalled, reverse=True)]
        self._relieve(self._clock())

    def _relieve(self, now: float) -> None:
        """Close what stands still where memory is short, and tell what was closed for others."""
        budget = self.budget
        if budget.is_short:
            wanted, budget.shortage = budget.shortage, 0
            self.make_room(max(wanted, budget.overfill), None)
        if self._pressed and now >= self._next_log:
            self._next_log = now + _LOG_SECONDS
            closed, self._pressed = self._pressed, {}
            logger.warning("connections make room for others", extra={**closed, "connections": len(self.members)})

    def closes(self, reason: str) -> None:
        """Count a connection that the server closes; `reason` is one of CLOSED_FOR."""
        self._count_closed(reason, 1)
        if reason in {"displaced", "memory", "refused"}:
            self._pressed[reason] = self._pressed.get(reason, 0) + 1

    def make_room(self, size: int, caller: Hashable) -> int:
        """Close the connections whose bytes have stood still for longest until `size` bytes are free, if there are."""
        now, freed = self._clock(), 0
        others: list[Member] = []
        for member in self._stalled:
            if freed < size and self._stalls(member, now) and (caller is None or member.holder() == caller):
                freed += member.dismiss()
            else:
                others.append(member)
        self._stalled = others
        return freed

    def _displace(self) -> bool:
        """Close the one that has waited longest, or whose bytes have stood still for longer; False where none has."""
        now = self._clock()
        found = [self._first(self._silent, now), self._first(self._kept, now), self._first_stalled(now)]
        _, member = max(found, key=lambda one: one[0])
        if member is None:
            return False
        self.remove(member)
        member.dismiss()
        return True

    def _first(self, queue: OrderedDict[Member, None], now: float) -> tuple[float, Member | None]:
        """Who waits at the front of a queue, and for how long; those that are being served go to its end."""
        for member in list(islice(queue, _MOST_BUSY)):
            waited = member.waited(now)
            if waited >= 0 and not member.has_unread():
                return waited, member
            queue.move_to_end(member)
        return -1.0, None

    def _first_stalled(self, now: float) -> tuple[float, Member | None]:
        for member in islice(self._stalled, _MOST_BUSY):
            if self._stalls(member, now) and not member.has_unread():
                return member.stalled(now), member
        return -1.0, None

    def _stalls(self, member: Member, now: float) -> bool:
        return member in self.members and member.stalled(now) >= _STALLED_SECONDS


def weigh(seconds: float, *, has_asked: bool) -> float:
    """How much a connection's waiting counts against it."""
    return seconds * _IDLE_WEIGHT if has_asked else seconds
