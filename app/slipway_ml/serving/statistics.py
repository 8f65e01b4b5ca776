"""What one version has done since it was loaded, as the statistics extension counts it.

The batcher reports each run once, after the responses are on their way; counting is a few additions by the event loop
alone. Joining requests into a batch and cutting the outputs apart are part of the run's time.
"""

import time
from dataclasses import dataclass, field
from time import perf_counter

from slipway_ml.monitoring.metrics import VersionMetrics


@dataclass(slots=True)
class Totals:
    """Requests, their rows, and the seconds that they waited and were computed for, added up."""

    requests: int = 0
    rows: int = 0
    waited: float = 0.0
    computed: float = 0.0

    def add(self, waits: list[float], compute: float, rows: int) -> None:
        count = len(waits)
        self.requests += count
        self.rows += rows
        self.waited += sum(waits)
        self.computed += count * compute


@dataclass(slots=True)
class VersionStatistics:
    """The batcher's observer: passes everything on to the metrics, and counts what they do not.

    `failed` are those requests whose run raised, `refused` those that never ran: the queue was full, or their own time
    was over. `batches` maps rows to the runs of that size and their seconds, for sizes up to `max_batch_rows`; only a
    single large request can be more.
    """

    metrics: VersionMetrics
    max_batch_rows: int
    failed: Totals = field(default_factory=Totals)
    refused: Totals = field(default_factory=Totals)
    batches: dict[int, tuple[int, float]] = field(default_factory=dict)
    _last_run: float | None = None

    def observe_batch(self, waits: list[float], compute: float, rows: int) -> None:
        """One run, whether it ended well or not."""
        self.metrics.observe_batch(waits, compute, rows)
        if rows <= self.max_batch_rows:
            count, seconds = self.batches.get(rows, (0, 0.0))
            self.batches[rows] = (count + 1, seconds + compute)
        self._last_run = perf_counter()

    def observe_failures(self, waits: list[float], compute: float, rows: int) -> None:
        """Those requests of a run that raised."""
        self.failed.add(waits, compute, rows)

    def observe_refusal(self, wait: float, rows: int) -> None:
        """A request that did not run."""
        self.refused.add([wait], 0.0, rows)

    @property
    def runs(self) -> int:
        """How many batches were run."""
        return sum(self.metrics.compute_seconds.counts)

    @property
    def ran(self) -> Totals:
        """All requests that were run, as the metrics know them already."""
        metrics = self.metrics
        waited = metrics.queue_seconds.sum
        return Totals(
            requests=sum(metrics.queue_seconds.counts),
            rows=round(metrics.batch_rows.sum),
            waited=waited,
            computed=metrics.request_seconds.sum - waited,
        )

    @property
    def last_inference(self) -> int:
        """When the last run ended, in milliseconds since 1970; 0 before the first."""
        if self._last_run is None:
            return 0
        return round((time.time() - (perf_counter() - self._last_run)) * 1000)
