"""Who goes for whom, and how few connections that takes a look at, on connections that only say how they stand."""

import asyncio
import itertools

import pytest

from slipway_ml.front.connection.connection_table import ConnectionTable
from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.memory.budget import MemoryBudget

PLACES = 2000
HELD = 1000


class Standing:
    """A connection that waits for a request, or is served, or has bytes that stand still."""

    looks = 0

    def __init__(self, made: float, *, is_served: bool = False, stalled: float = 0.0) -> None:
        self.is_reserved = False
        self.is_dismissed = False
        self._made, self._is_served, self._stalled = made, is_served, stalled

    def watch(self, now: float) -> None:  # noqa: ARG002  # the signature of a member
        Standing.looks += 1

    def waited(self, now: float) -> float:
        Standing.looks += 1
        return -1.0 if self._is_served or self.is_dismissed else now - self._made

    def stalled(self, now: float) -> float:  # noqa: ARG002  # the signature of a member
        return self._stalled

    def has_unread(self) -> bool:
        return False

    def stop(self) -> None: ...

    def holder(self) -> str:
        return "somebody"

    def dismiss(self) -> int:
        self.is_dismissed = True
        return HELD


def table_of(*members: Standing) -> ConnectionTable:
    """A table with as many places as it has connections."""
    numbers = itertools.count(PLACES)
    limits = ConnectionLimits(connections=len(members))
    table = ConnectionTable(limits, MemoryBudget(1 << 30), lambda _reason, _count: None, lambda: float(next(numbers)))
    for member in members:
        table.members.add(member)
        assert table.admit(member, len(table.members))
    return table


def admit(table: ConnectionTable) -> bool:
    newcomer = Standing(float(PLACES))
    table.members.add(newcomer)
    return table.admit(newcomer, len(table.members))


def test_one_that_has_waited_longest_goes_however_many_there_are_and_few_are_looked_at() -> None:
    members = [Standing(float(number)) for number in range(PLACES)]
    table = table_of(*members)
    Standing.looks = 0

    assert all(admit(table) for _ in range(100))
    assert [member.is_dismissed for member in members] == [True] * 100 + [False] * (PLACES - 100)
    assert Standing.looks <= 200


def test_those_that_are_served_stay() -> None:
    members = [Standing(0.0, is_served=True) for _ in range(PLACES)]
    table = table_of(*members)
    Standing.looks = 0

    assert admit(table)  # one of those that serve probes alone
    assert not any(member.is_dismissed for member in members)
    assert Standing.looks <= 100


def test_one_that_had_a_response_lately_stays_before_one_that_had_its_last_long_ago() -> None:
    early, late = Standing(1.0), Standing(0.0)
    table = table_of(early, late)
    for member in (early, late):
        table.note_response(member)

    assert admit(table)
    assert (early.is_dismissed, late.is_dismissed) == (True, False)


@pytest.mark.parametrize(("size", "closed"), [(1, 1), (HELD, 1), (HELD + 1, 2), (10 * HELD, 3)])
def test_those_that_stand_still_for_longest_make_room_once(size: int, closed: int) -> None:
    members = [Standing(0.0, is_served=True, stalled=float(seconds)) for seconds in range(1, 4)]
    table = table_of(*members)
    asyncio.run(table.look())

    assert table.make_room(size, None) == closed * HELD
    assert [member.is_dismissed for member in members] == [False] * (3 - closed) + [True] * closed
    assert table.make_room(10 * HELD, "somebody else") == 0
    assert table.make_room(10 * HELD, "somebody") == (3 - closed) * HELD


def test_look_at_all_connections_lets_others_have_their_turn() -> None:
    table = table_of(*[Standing(float(number)) for number in range(PLACES)])
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        look = asyncio.ensure_future(table.look())
        while not look.done():
            turns += 1
            await asyncio.sleep(0)

    asyncio.run(count_turns())

    assert turns >= PLACES / 128
