"""Keeps the memory budget true: fits it to what the process takes when idle, and gives back what requests have left.

The C library keeps what was freed for later. After large requests, once the server has a quiet moment, that is returned
to the system in a thread; then the budget is fitted again, since models come and go.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from slipway_ml.front.memory.budget import MemoryBudget
from slipway_ml.front.memory.plan import MIB, MemoryLimits, plan_memory

logger = logging.getLogger("slipway.memory")

_LOOK_SECONDS = 0.5  # as long as nothing large may have ended for the moment to count as quiet
_WORTH_RETURNING = 8 * MIB  # bytes given back since: less is not worth a run of the collector
_QUIET_BYTES = MIB  # that requests hold at most while memory is returned, which holds them up
_LEAST_BUDGET = 4 * MIB
"""Small requests are answered even where the arithmetic leaves nothing."""


class MemoryKeeper:
    """`measure` tells the bytes that this process takes, `give_back` returns to the system what is free of them."""

    def __init__(
        self, budget: MemoryBudget, limits: MemoryLimits, measure: Callable[[], int], give_back: Callable[[], None]
    ) -> None:
        self._budget = budget
        self._limits = limits
        self._measure = measure
        self._give_back = give_back
        self._told = len(plan_memory(limits).warnings)  # whoever starts a server says these

    def fit(self) -> None:
        """Set the budget to what is left now; called while hardly any request is in memory."""
        resident = max(0, self._measure() - self._budget.taken)
        plan = plan_memory(replace(self._limits, resident=resident) if resident else self._limits)
        cap = self._limits.max_bytes_in_flight
        self._budget.limit = max(plan.budget, min(cap, _LEAST_BUDGET) if cap else _LEAST_BUDGET)
        said = plan.problems + plan.warnings
        if len(said) > self._told:
            for sentence in said:
                logger.warning("%s", sentence)
        self._told = len(said)

    async def run(self) -> None:
        """For ever: look for a quiet moment after large requests."""
        budget = self._budget
        seen = 0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            released = budget.large_released
            # Quiet also means that nothing large has ended since the last look.
            if released == seen and released >= _WORTH_RETURNING and budget.taken <= _QUIET_BYTES:
                budget.large_released = released = 0
                await asyncio.to_thread(self._tidy)
            seen = released

    def _tidy(self) -> None:
        try:
            self._give_back()
            self.fit()
        except Exception:  # whatever it was: the server goes on with the budget it has
            logger.exception("returning memory to the system failed")
