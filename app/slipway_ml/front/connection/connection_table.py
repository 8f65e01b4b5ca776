"""Who has a place: the connections of one server, and which of them goes when there are too many or memory is short.

A newcomer beyond the cap gets the place of the connection that has waited longest without a request, be it for its
first or for its next; one that is being served is never closed for another. Where all are busy a few more get in that
are answered probes and metrics alone, so that a full server can be told from a dead one.
"""

import heapq
import logging
from collections import deque
from collections.abc import Callable, Hashable
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
_CANDIDATES, _CANDIDATES_OF = 64, 8  # so many of one look, and never more than one in so many
_SCAN_SECONDS_PER_MEMBER = 1e-5
"""From one look for who has waited longest to the next: about a tenth of the time may go into looking."""
_LOG_SECONDS = 10.0

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
        self._candidates: deque[tuple[float, Member]] = deque()
        self._next_scan = 0.0
        self._nothing_stalls = False
        self._pressed: dict[str, int] = {}
        self._next_log = 0.0
        budget.make_room = self.make_room
        for reason in CLOSED_FOR:
            count_closed(reason, 0)  # so that all series are there from the start

    def admit(self, newcomer: Member, count: int) -> bool:
        """Whether a connection, the `count`-th, may stay; it may be for probes alone, and another may have to go."""
        if count <= self.limits.connections or self._displace(newcomer):
            return True
        newcomer.is_reserved = True
        return count <= self.limits.connections + RESERVED

    def look(self, now: float) -> None:
        """Ten times a second: watch all connections, and close those that stand still where memory is short."""
        self._nothing_stalls = False
        for member in list(self.members):
            try:
                member.watch(now)
            except Exception:  # whatever it was: the other connections are looked at all the same
                logger.exception("looking at a connection failed")
        budget = self.budget
        if budget.is_short:
            wanted, budget.shortage = budget.shortage, 0
            self.make_room(max(wanted, budget.taken - budget.limit * 7 // 8), None)
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
        if self._nothing_stalls:
            return 0
        now = self._clock()
        stalled = [
            (seconds, id(member), member)
            for member in self.members
            if (seconds := member.stalled(now)) >= _STALLED_SECONDS and (caller is None or member.holder() == caller)
        ]
        stalled.sort()
        freed = 0
        while stalled and freed < size:
            freed += stalled.pop()[2].dismiss()
        self._nothing_stalls = caller is None and not stalled
        return freed

    def _displace(self, newcomer: Member) -> bool:
        """Close one that waits, or whose bytes have stood still for long; False where there is none."""
        now = self._clock()
        for _ in range(2):  # what was found before may be busy by now
            while self._candidates:
                rank, member = self._candidates.popleft()
                if member in self.members and self._rank(member, now) >= rank and not member.has_unread():
                    member.dismiss()
                    return True
            if now < self._next_scan:
                return False
            self._candidates.extend(self._longest_waiting(newcomer, now))
        self._next_scan = now + _SCAN_SECONDS_PER_MEMBER * len(self.members)
        return False

    def _longest_waiting(self, newcomer: Member, now: float) -> list[tuple[float, Member]]:
        """The few that have waited longest; finding them costs a look at all."""
        ranked = [
            (rank, id(member), member)
            for member in self.members
            if member is not newcomer and (rank := self._rank(member, now)) > 0
        ]
        few = min(_CANDIDATES, 1 + len(ranked) // _CANDIDATES_OF)
        return [(rank, member) for rank, _, member in heapq.nlargest(few, ranked)]

    def _rank(self, member: Member, now: float) -> float:
        waited = member.waited(now)
        if waited >= 0:
            return waited
        stalled = member.stalled(now)
        return stalled if stalled >= _STALLED_SECONDS else -1.0


def weigh(seconds: float, *, has_asked: bool) -> float:
    """How much a connection's waiting counts against it."""
    return seconds * _IDLE_WEIGHT if has_asked else seconds
