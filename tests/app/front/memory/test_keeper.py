"""The budget follows what the process takes, and quiet moments give memory back."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

import pytest

from slipway_ml.front.exchange import Exchange
from slipway_ml.front.memory.budget import MemoryBudget
from slipway_ml.front.memory.keeper import MemoryKeeper
from slipway_ml.front.memory.plan import MIB, MemoryLimits, plan_memory

pytestmark = pytest.mark.anyio

POD = MemoryLimits(MIB, 0, 100, 16 * 1024, memory_limit=512 * MIB)


def test_budget_is_what_the_idle_process_leaves() -> None:
    budget = MemoryBudget(MIB)
    MemoryKeeper(budget, POD, measure=lambda: 200 * MIB, give_back=lambda: None).fit()

    assert budget.limit == budget.room == 312 * MIB - plan_memory(POD).reserve


def test_a_cap_that_is_given_stays() -> None:
    budget = MemoryBudget(MIB)
    MemoryKeeper(budget, replace(POD, max_bytes_in_flight=MIB), measure=lambda: 200 * MIB, give_back=lambda: None).fit()

    assert budget.limit == MIB


def test_a_process_too_large_for_its_limit_says_so_once_and_still_takes_small_requests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    budget = MemoryBudget(MIB)
    keeper = MemoryKeeper(budget, POD, measure=lambda: 600 * MIB, give_back=lambda: None)
    with caplog.at_level(logging.WARNING, logger="slipway.memory"):
        keeper.fit()
        keeper.fit()

    assert budget.limit == 4 * MIB
    assert [record.getMessage()[:40] for record in caplog.records] == ["the memory limit of 512 MiB leaves nothi"]


async def test_memory_is_given_back_once_large_requests_are_over() -> None:
    budget, given_back = MemoryBudget(512 * MIB), asyncio.Event()
    loop = asyncio.get_running_loop()

    def give_back() -> None:
        loop.call_soon_threadsafe(given_back.set)

    keeper = MemoryKeeper(budget, POD, lambda: 100 * MIB, give_back)
    running = asyncio.ensure_future(keeper.run())
    exchange = Exchange({}, "id", budget, "POST", [], 0.0)
    exchange.charge(50 * MIB)
    await asyncio.sleep(1.2)
    early = given_back.is_set()
    budget.release(exchange)
    async with asyncio.timeout(20):
        await given_back.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert not early
