"""Runs in threads that do not end, and the run slots that they take away.

Nothing can stop a run. One that takes longer than its model's deadline has no caller left; it keeps its slot, which is
counted and logged here, and the model goes on in another one until none is left. Then the process cannot run anything
any more that does not run on the event loop, and only a new one can.
"""

import logging
from collections import Counter
from collections.abc import Callable
from math import inf
from time import monotonic

logger = logging.getLogger("slipway.serving")

LEAST_SECONDS = 1.0
"""No run is called stuck before, however short its model's deadline is."""
_HOPELESS_SECONDS = 5.0
"""Long runs that end after all may take all slots for a while; a process is given up after this long."""


class StuckRuns:
    """Those of one process. Belongs to the event loop, but `is_hopeless` may be asked from anywhere."""

    def __init__(
        self,
        slots: int,
        on_change: Callable[[str, int], None] = lambda _model, _count: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`on_change` is told how many runs of a model are stuck."""
        self._slots = slots
        self._on_change = on_change
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._full_since = inf

    def begin(self, model: str, seconds: float) -> None:
        """A run of this model has gone on for so many seconds, past its deadline."""
        self._counts[model] += 1
        if self._counts.total() >= self._slots:
            self._full_since = min(self._full_since, self._clock())
        self._tell(model)
        logger.error(
            "a run does not end and keeps its slot: %d of %d are taken by such runs",
            self._counts.total(),
            self._slots,
            extra={"model": model, "seconds": round(seconds, 1)},
        )

    def end(self, model: str, seconds: float) -> None:
        """It ended after all."""
        self._counts[model] -= 1
        if self._counts.total() < self._slots:
            self._full_since = inf
        self._tell(model)
        logger.warning("a run that did not end has ended", extra={"model": model, "seconds": round(seconds, 1)})

    def is_hopeless(self) -> bool:
        """Whether all slots have been taken for a while."""
        return self._clock() - self._full_since >= _HOPELESS_SECONDS

    def _tell(self, model: str) -> None:
        self._on_change(model, self._counts[model])
