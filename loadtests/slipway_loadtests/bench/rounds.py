"""Servers in turn under the same workloads, round after round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slipway_loadtests.bench.figures import Sample, Workload
from slipway_loadtests.bench.process_tree import cpu_seconds
from slipway_loadtests.bench.wrk import burst
from slipway_loadtests.endpoints import Endpoint
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import call
from slipway_loadtests.payloads import chunks
from slipway_loadtests.published import PublishedModel, Row
from slipway_loadtests.service import Server


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that takes part, by the name it has in the table."""

    name: str
    server: Server


@dataclass(frozen=True, slots=True)
class Prepared:
    """A workload with its path and a file of different bodies, one per line."""

    workload: Workload
    path: str
    bodies: Path
    distinct: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many rounds, how many seconds each measurement takes, and how long each server warms up for a workload."""

    rounds: int
    seconds: int
    warm_up_seconds: int = 1

    @property
    def bursts(self) -> int:
        """Bursts per server and workload."""
        return self.rounds + (self.warm_up_seconds > 0)


def prepare(model: PublishedModel, endpoint: Endpoint, workload: Workload, rows: list[Row], folder: Path) -> Prepared:
    """Write the bodies that this workload posts."""
    groups = list(chunks(rows, workload.rows))
    bodies = [endpoint.encode(model, group) for group in groups]
    headers = endpoint.headers(model, groups[0])
    if headers:  # such bodies may hold line ends
        file = folder / f"{workload.endpoint.replace(' ', '-')}-{workload.rows}.framed"
        file.write_bytes(b"".join([b"%d\n%b" % (len(body), body) for body in bodies]))
    else:
        file = folder / f"{workload.endpoint}-{workload.rows}.jsonl"
        file.write_bytes(b"\n".join(bodies) + b"\n")
    return Prepared(workload, endpoint.path(model), file, len(bodies), headers)


def check_response(model: PublishedModel, endpoint: Endpoint, url: str, prepared: Prepared) -> None:
    """Post one body and read the response; raises CannotRun when it is wrong, because then its speed means nothing."""
    with prepared.bodies.open("rb") as file:
        first = file.readline().rstrip(b"\n")
        body = file.read(int(first)) if prepared.headers else first
    problem = endpoint.problem(model, prepared.workload.rows, *call(url + prepared.path, body, prepared.headers))
    if problem:
        raise CannotRun(f"{prepared.workload} of model {model.name!r} has a wrong response: {problem}")


def take_rounds(
    contestants: Sequence[Contestant],
    work: Sequence[Prepared],
    pace: Pace,
    core: int,
    on_sample: Callable[[], None],
) -> list[Sample]:
    """All samples. Before the first round every server meets every workload once, uncounted."""
    for prepared in work if pace.warm_up_seconds else ():
        for contestant in contestants:
            _sample(contestant, prepared, pace.warm_up_seconds, core)
            on_sample()
    samples = []
    for _ in range(pace.rounds):
        for prepared in work:
            for contestant in contestants:
                samples.append(_sample(contestant, prepared, pace.seconds, core))
                on_sample()
    return samples


def _sample(contestant: Contestant, prepared: Prepared, seconds: int, core: int) -> Sample:
    process, url = contestant.server.process.pid, contestant.server.url + prepared.path
    before = cpu_seconds(process)
    workload = prepared.workload
    seen = burst(
        url,
        prepared.bodies,
        workload.connections,
        seconds,
        core,
        prepared.headers,
        is_numbered=workload.is_numbered,
    )
    return Sample(contestant.name, workload, seen, cpu_seconds(process) - before)
