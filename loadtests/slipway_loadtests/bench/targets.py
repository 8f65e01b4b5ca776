"""What the service is meant to reach, beside what was measured: a sentence and a limit for each target."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from slipway_loadtests.bench.figures import Figure, Workload
from slipway_loadtests.bench.two_workers import ONE, TWO, WorkersFigure
from slipway_loadtests.endpoints import BINARY, INFER, PREDICT

HEADLINE = Workload(INFER.name, 1, 32)
SINGLE = Workload(INFER.name, 1, 1)
PROXIED = Workload(INFER.name, 1, 32, "an id per request", is_numbered=True)
HUNDRED = Workload(INFER.name, 100, 8)
THOUSAND = Workload(INFER.name, 1000, 4)
BYTES = Workload(BINARY.name, 1000, 4)
WORKLOADS: tuple[Workload, ...] = (
    SINGLE,
    HEADLINE,
    PROXIED,
    HUNDRED,
    THOUSAND,
    BYTES,
    Workload(PREDICT.name, 1, 1),
    Workload(PREDICT.name, 1, 32),
)
MIXED = Workload(PREDICT.name, 1, 32, "14 mixed fields")
SHARED = Workload(INFER.name, 1, 64)
"""For one worker and for two, so that each of the two has as many connections as one has elsewhere."""

_LEAST_EFFICIENCY = {SINGLE: 0.70, HEADLINE: 0.70, MIXED: 0.60}
_MOST_TIMES = {HUNDRED: 2.6, THOUSAND: 4.0, BYTES: 2.0}
_MOST_LATENCY = {SINGLE: 1.35}
_MOST_OVER_RUN = 1.25
_MOST_PER_REQUEST = 1.1
_LEAST_USED = 0.95


@dataclass(frozen=True, slots=True)
class Target:
    """`limit` is the least where `is_least`, else the most, that `measured` may be."""

    what: str
    measured: float
    limit: float
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether what was measured keeps to the limit."""
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit


def targets(
    ours: dict[Workload, Figure],
    floor: dict[Workload, Figure],
    run_us: float | None,
    workers: list[WorkersFigure],
    runs_us: Mapping[int, float] = MappingProxyType({}),
) -> Iterator[Target]:
    """The targets of whatever was measured.

    `runs_us` are CPU µs of the model's own runs by rows, where it is a user's: no server can save those, so the limits
    are then about what is beside them.
    """
    for workload, figure in ours.items():
        run = 0.0 if workload == MIXED else runs_us.get(workload.rows, 0.0)
        beside = " and run" if run else ""
        where = f"{workload}, {workload.connections} connection{'s' if workload.connections > 1 else ''}"
        if workload in _LEAST_EFFICIENCY:
            limit = _LEAST_EFFICIENCY[workload]
            efficiency = (floor[workload].cpu_us + run) / figure.cpu_us if run else figure.cpu_efficiency
            what = "CPU efficiency, session.run left out" if run else "CPU efficiency"
            yield Target(f"{where}: {what}", efficiency, limit, is_least=True)
        if workload in _MOST_LATENCY:
            p50 = figure.p50_ms / max(floor[workload].p50_ms + run / 1000, 1e-9)
            yield Target(f"{where}: p50 over the bare app's{beside}", p50, _MOST_LATENCY[workload])
        if workload in _MOST_TIMES:
            times = figure.cpu_us / (floor[workload].cpu_us + run) if run else 1 / max(figure.cpu_efficiency, 1e-9)
            yield Target(f"{where}: CPU time over the bare app's{beside}", times, _MOST_TIMES[workload])
        if workload == BYTES and run_us is not None:
            least = floor[workload].cpu_us + run_us
            yield Target(f"{where}: CPU time over session.run and bare app", figure.cpu_us / least, _MOST_OVER_RUN)
    yield from _of_workers({figure.server: figure for figure in workers})


def _of_workers(by_name: dict[str, WorkersFigure]) -> Iterator[Target]:
    if by_name.keys() >= {ONE, TWO}:
        two = by_name[TWO]
        yield Target(
            f"{TWO}: CPU time of a request over one worker's", two.cpu_us / by_name[ONE].cpu_us, _MOST_PER_REQUEST
        )
        yield Target(
            f"{TWO}: used of what the generator leaves of two cores", two.used_of_left, _LEAST_USED, is_least=True
        )
