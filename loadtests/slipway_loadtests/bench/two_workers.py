"""What a second worker costs and brings, on two cores that it shares with the load generator.

Neither is tied to a core, as on a machine of a user's own. What the generator takes of the two cores is measured, so
that the rate can be held against what is left.
"""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from slipway_loadtests.bench.process_tree import cpu_seconds
from slipway_loadtests.bench.rounds import Contestant, Pace, Prepared
from slipway_loadtests.bench.wrk import burst

ONE, TWO = "--workers 1", "--workers 2"


@dataclass(frozen=True, slots=True)
class WorkersFigure:
    """Medians. `generator_cores` is what the generator took, `used_of_left` how much of the rest the server used."""

    server: str
    requests_per_second: float
    cpu_us: float
    generator_cores: float
    used_of_left: float
    failed: int


def measure_workers(
    contestants: list[Contestant], prepared: Prepared, pace: Pace, cores: tuple[int, int], on_burst: Callable[[], None]
) -> list[WorkersFigure]:
    """One figure per contestant, measured in turn."""
    taken: dict[str, list[WorkersFigure]] = {contestant.name: [] for contestant in contestants}
    for number in range(pace.bursts):
        for contestant in contestants:
            figure = _measure(contestant, prepared, pace.seconds, cores)
            if number >= pace.bursts - pace.rounds:
                taken[contestant.name].append(figure)
            on_burst()
    return [_median(figures) for figures in taken.values()]


def _measure(contestant: Contestant, prepared: Prepared, seconds: int, cores: tuple[int, int]) -> WorkersFigure:
    process, url = contestant.server.process.pid, contestant.server.url + prepared.path
    before, generator_before = cpu_seconds(process), _generator_seconds()
    seen = burst(url, prepared.bodies, prepared.workload.connections, seconds, cores, prepared.headers)
    used, generator = cpu_seconds(process) - before, _generator_seconds() - generator_before
    return WorkersFigure(
        contestant.name,
        seen.requests / seen.seconds,
        used / max(seen.requests, 1) * 1e6,
        generator / seen.seconds,
        used / (len(cores) * seen.seconds - generator),
        seen.failed,
    )


def _generator_seconds() -> float:
    """CPU time of all generators that have ended; nothing else is started and waited for meanwhile."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _median(figures: list[WorkersFigure]) -> WorkersFigure:
    return WorkersFigure(
        figures[0].server,
        median(figure.requests_per_second for figure in figures),
        median(figure.cpu_us for figure in figures),
        median(figure.generator_cores for figure in figures),
        median(figure.used_of_left for figure in figures),
        sum(figure.failed for figure in figures),
    )
