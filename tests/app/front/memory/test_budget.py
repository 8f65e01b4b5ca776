"""The count of the memory that requests take, and who is refused when there is too little of it."""

import gc
import threading
from collections.abc import Hashable

import pytest

from slipway_ml.errors import Overloaded, RequestTooLarge
from slipway_ml.front.exchange import Exchange
from slipway_ml.front.memory.budget import MemoryBudget

LARGE = 100_000
LIMIT = 16 * LARGE


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def request(budget: MemoryBudget, peer: str = "one", held: int = 0) -> Exchange:
    """A request of a caller, with this much of its body in memory."""
    exchange = Exchange({}, "id", budget, "POST", [], 0.0, peer=peer)
    if held:
        hold(budget, exchange, held)
    return exchange


def hold(budget: MemoryBudget, exchange: Exchange, size: int) -> None:
    exchange.held += size
    budget.held += size
    budget.admit(exchange, size)


def test_what_is_charged_is_given_back_by_refund_and_by_the_end() -> None:
    budget = MemoryBudget(LIMIT)
    exchange = request(budget, held=LARGE)
    exchange.charge(3 * LARGE)
    exchange.refund(LARGE)

    assert budget.taken == 3 * LARGE
    budget.release(exchange)
    assert (budget.taken, budget.held, budget.room) == (0, 0, LIMIT)


def test_request_that_could_never_fit_is_too_large_and_one_that_does_not_fit_now_is_for_later() -> None:
    budget = MemoryBudget(LIMIT)
    other = request(budget, "other", held=2 * LARGE)
    exchange = request(budget)

    with pytest.raises(RequestTooLarge):
        exchange.charge(LIMIT + 1)
    with pytest.raises(Overloaded):
        exchange.charge(LIMIT - LARGE)
    assert budget.taken == other.held


def test_only_request_of_a_caller_may_take_all() -> None:
    budget = MemoryBudget(LIMIT)
    exchange = request(budget)
    exchange.charge(LIMIT)

    assert budget.taken == LIMIT


def test_caller_alone_leaves_an_eighth_to_whoever_comes_next() -> None:
    budget = MemoryBudget(LIMIT)
    mine = [request(budget, held=LARGE) for _ in range(14)]

    with pytest.raises(Overloaded, match="share"):
        request(budget, held=LARGE)
    assert len(mine) == 14
    assert request(budget, "another", held=LARGE).held == LARGE


def test_caller_gets_half_while_another_holds_memory() -> None:
    budget = MemoryBudget(LIMIT)
    other = request(budget, "another", held=LARGE)
    for _ in range(8):
        request(budget, held=LARGE)

    with pytest.raises(Overloaded, match="share"):
        request(budget, held=LARGE)
    with pytest.raises(Overloaded, match="share"):
        request(budget).charge(LARGE)
    assert other.held == LARGE


def test_caller_gets_half_for_a_while_after_another_was_refused() -> None:
    clock = Clock()
    budget = MemoryBudget(LIMIT, clock=clock)
    mine = [request(budget, held=LARGE) for _ in range(14)]
    with pytest.raises(Overloaded):
        request(budget, "another").charge(3 * LARGE)
    for exchange in mine[:6]:
        budget.release(exchange)

    with pytest.raises(Overloaded, match="share"):
        request(budget, held=LARGE)
    clock.now = 11.0
    late = request(budget)
    late.charge(LARGE)
    assert late.charged == LARGE


def test_small_requests_have_no_share() -> None:
    budget = MemoryBudget(LIMIT)
    for _ in range(14):
        request(budget, held=LARGE)

    assert [request(budget, held=1000).held for _ in range(50)] == [1000] * 50


def test_what_stands_still_goes_before_a_newcomer_is_refused() -> None:
    budget = MemoryBudget(LIMIT)
    stalled = [request(budget, f"caller {number}", held=LARGE) for number in range(16)]
    asked: list[tuple[int, Hashable]] = []

    def make_room(size: int, caller: Hashable) -> int:
        asked.append((size, caller))
        budget.release(stalled.pop())
        return LARGE

    budget.make_room = make_room

    assert request(budget, held=LARGE).held == LARGE
    assert asked == [(LARGE, None)]


def test_response_takes_the_place_of_its_request() -> None:
    budget = MemoryBudget(LIMIT)
    exchange = request(budget, held=LARGE)
    exchange.charge(5 * LARGE)
    budget.replace(exchange, 2 * LARGE)

    assert budget.taken == 2 * LARGE
    budget.release(exchange)
    assert budget.taken == 0


def test_request_that_has_ended_is_charged_nothing() -> None:
    """Its work may still run in a thread, and nobody would give the bytes back."""
    budget = MemoryBudget(LIMIT)
    exchange = request(budget)
    budget.release(exchange)

    with pytest.raises(Overloaded):
        budget.charge(exchange, LARGE)
    assert (budget.taken, budget.room) == (0, LIMIT)


def test_response_whose_client_is_gone_is_charged_nothing() -> None:
    """It may have been in a thread, being compressed."""
    budget = MemoryBudget(LIMIT)
    exchange = request(budget, held=LARGE)
    budget.release(exchange)
    budget.replace(exchange, LARGE)

    assert budget.taken == 0


def test_unsent_bytes_leave_less_for_bodies() -> None:
    budget = MemoryBudget(LIMIT)
    budget.wait("one", LIMIT)

    with pytest.raises(Overloaded):
        request(budget, "two", held=1)
    budget.wait("one", -LIMIT)
    assert request(budget, "three", held=1).held == 1


def test_threads_count_to_the_byte() -> None:
    budget = MemoryBudget(1 << 40)

    def work(peer: str) -> None:
        for _ in range(500):
            exchange = request(budget, peer)
            exchange.charge(LARGE)
            exchange.charge(LARGE)
            exchange.refund(LARGE)
            budget.release(exchange)

    threads = [threading.Thread(target=work, args=(f"caller {number % 2}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()

    assert (budget.taken, budget.room) == (0, 1 << 40)
    request(budget, "caller 0").charge(1 << 40)
