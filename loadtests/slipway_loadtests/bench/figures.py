"""The arithmetic: measurements of several servers in rounds → one figure per workload and server.

Shared machines swing. Therefore servers take turns within a round, each is compared with the reference's measurement of
the same round, and the median over the rounds counts. CPU time per request is the steadiest of the figures.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from slipway_loadtests.bench.wrk import Burst

_MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Workload:
    """Which endpoint is asked, about how many rows per request, over how many connections, and what is special."""

    endpoint: str
    rows: int
    connections: int
    note: str = ""
    is_numbered: bool = False
    """Each request carries an id of its own, as behind many proxies."""

    def __str__(self) -> str:
        rows = f"{self.endpoint}, {self.rows:,} row{'s' if self.rows > 1 else ''}"
        return f"{rows}, {self.note}" if self.note else rows


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of one server, with the CPU time that its processes took meanwhile."""

    server: str
    workload: Workload
    burst: Burst
    cpu_seconds: float

    @property
    def requests_per_second(self) -> float:
        return self.burst.requests / self.burst.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_seconds / max(self.burst.requests, 1) * _MICRO


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians of a server at a workload. Both ratios are 1.0 for the reference and better when larger."""

    server: str
    workload: Workload
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    cpu_efficiency: float
    rate_ratio: float
    failed: int


def figures(samples: Iterable[Sample], reference: str) -> list[Figure]:
    """One figure per workload and server, in the order of their first samples."""
    series: dict[tuple[Workload, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        series[sample.workload, sample.server].append(sample)
    return [_figure(taken, series[workload, reference]) for (workload, _), taken in series.items()]


def _figure(taken: list[Sample], reference: list[Sample]) -> Figure:
    pairs = list(zip(taken, reference, strict=True))
    return Figure(
        server=taken[0].server,
        workload=taken[0].workload,
        requests_per_second=median(sample.requests_per_second for sample in taken),
        p50_ms=median(sample.burst.p50_ms for sample in taken),
        p99_ms=median(sample.burst.p99_ms for sample in taken),
        cpu_us=median(sample.cpu_us for sample in taken),
        cpu_efficiency=median(_ratio(floor.cpu_us, sample.cpu_us) for sample, floor in pairs),
        rate_ratio=median(_ratio(sample.requests_per_second, floor.requests_per_second) for sample, floor in pairs),
        failed=sum(sample.burst.failed for sample in taken),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
