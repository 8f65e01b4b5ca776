"""Long work takes turns: callers one after another, the shortest of a caller's first, and deadlines meanwhile."""

import asyncio
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any
from weakref import ref

import pytest

from slipway_ml.api.hot.turns import Job, Turns
from slipway_ml.errors import DeadlineExceeded
from slipway_ml.front.exchange import HotRequest
from slipway_ml.protocol.json_cuts import Steps

pytestmark = pytest.mark.anyio
LONG = 3600.0


class Table:
    """Jobs of one loop, and in which order their steps are done and they end."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.done: list[str] = []
        self.ended: list[str] = []
        self.replies: list[Any] = []

    def start(self, name: str, caller: str, steps: int, size: int = 1, latest: float = LONG) -> HotRequest:
        request = HotRequest({}, name, None)
        job = Job(
            request,
            caller,
            size,
            perf_counter() + latest,
            lambda: DeadlineExceeded(name),
            self.steps(name, steps),
            lambda _result: self.ended.append(name),
            self.replies.append,
        )
        self.turns.start(job)
        return request

    def steps(self, name: str, count: int) -> Steps[None]:
        for _ in range(count):
            self.done.append(name)
            spin(0.001)
            yield None


def spin(seconds: float) -> None:
    """Take more than a turn's time of the processor."""
    ends = thread_time() + seconds
    while thread_time() < ends:
        pass


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


async def test_callers_take_turns_whatever_one_of_them_has_waiting() -> None:
    table = Table()
    for number in range(20):
        table.start(f"a{number}", "a", 20)
    table.start("b", "b", 5)

    await until(lambda: "b" in table.ended)
    assert len(table.done) <= 40  # of 400 that one caller has waiting


async def test_one_step_is_taken_at_once_where_nothing_waits_and_then_it_is_the_others_turn() -> None:
    table = Table()
    taken = [table.turns.take_one(), table.turns.take_one()]
    table.start("waits", "a", 2)

    await until(lambda: "waits" in table.ended)
    assert taken == [True, False]
    await until(lambda: not table.turns.is_busy)
    assert table.turns.take_one()


async def test_the_shortest_of_a_caller_is_first_and_the_oldest_is_not_forgotten() -> None:
    table = Table()
    table.start("long", "a", 12, size=100)
    for number in range(10):
        table.start(f"short{number}", "a", 3, size=number + 1)

    await until(lambda: len(table.ended) == 11)
    assert table.ended[0] == "short0"
    assert table.ended.index("long") < 10
    assert table.done[1:].count("long") == 11


async def test_a_deadline_passes_while_others_have_their_turns() -> None:
    table = Table()
    table.start("endless", "a", 10**9)
    table.start("late", "a", 10**9, size=2, latest=0.05)

    await until(lambda: bool(table.replies))
    assert isinstance(table.replies[0], DeadlineExceeded)
    assert "late" not in table.ended
    table.start("after", "b", 1)
    await until(lambda: "after" in table.ended)


async def test_what_nobody_waits_for_any_more_is_dropped() -> None:
    table = Table()
    request = table.start("gone", "a", 10**9)
    request.is_abandoned = True

    await asyncio.sleep(0.2)
    steps = len(table.done)
    await until(lambda: not table.turns.is_busy)
    assert not table.replies
    assert len(table.done) - steps < 1000


async def test_what_a_thread_is_asked_for_keeps_nobody_waiting_and_comes_back() -> None:
    table = Table()
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> int:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result(30)
        return 7

    def steps() -> Steps[int]:
        found: int = yield slow
        yield None
        return found

    results: list[int] = []
    request = HotRequest({}, "asks", None)
    job = Job(request, "a", 1, perf_counter() + LONG, RuntimeError, steps(), results.append, table.replies.append)
    table.turns.start(job)
    table.start("other", "a", 3)
    await until(lambda: "other" in table.ended)
    released.set()

    await until(lambda: results == [7])


@pytest.mark.parametrize("place", ["steps", "then"])
async def test_what_goes_wrong_is_the_reply_and_the_others_go_on(place: str) -> None:
    table = Table()

    def steps() -> Steps[int]:
        yield None
        if place == "steps":
            raise ValueError
        return 1

    def then(_result: Any) -> None:
        raise ValueError

    job = Job(
        HotRequest({}, "bad", None), "a", 1, perf_counter() + LONG, RuntimeError, steps(), then, table.replies.append
    )
    table.turns.start(job)
    table.start("good", "a", 3)

    await until(lambda: "good" in table.ended)
    assert [type(reply) for reply in table.replies] == [ValueError]


async def test_job_that_is_done_keeps_nothing_in_memory_while_an_older_one_goes_on() -> None:
    class Told:
        """Whom a job tells, as heavy as a response may be."""

        def __call__(self, outcome: Any) -> None:
            table.ended.append(str(outcome))

    table = Table()
    table.start("long", "caller", 2000, size=9)
    told = Told()
    seen = ref(told)
    request = HotRequest({}, "short", None)
    steps = table.steps("short", 2)
    table.turns.start(
        Job(request, "caller", 1, perf_counter() + LONG, lambda: DeadlineExceeded("short"), steps, told, told)
    )
    del told, steps

    await until(lambda: "None" in table.ended)
    await asyncio.sleep(0)

    assert seen() is None
    assert "long" not in table.ended
