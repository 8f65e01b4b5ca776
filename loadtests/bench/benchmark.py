"""The benchmark from start to finish: servers up, workloads in rounds, tables, and one line with the verdict.

The service and the bare uvicorn application stand on the same core and are asked in turn by wrk on another. The bare
application is the floor of the stack, so the ratio says how much of the machine is left after our own work.
"""

import json
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from loadtests import service
from loadtests.bench.figures import Figure, Workload, figures
from loadtests.bench.machine import Machine, this_machine, two_cores
from loadtests.bench.process_tree import Memory, memory
from loadtests.bench.rounds import Contestant, Pace, check_answer, prepare, take_rounds
from loadtests.bench.startup import Startup, measure_startup
from loadtests.bench.tables import WIDTH, figures_table, startup_table
from loadtests.bench.wrk import check_tools
from loadtests.doors import BINARY, INFER, PREDICT
from loadtests.errors import CannotRun
from loadtests.http import KEY_VARIABLE
from loadtests.payloads import ENOUGH_ROWS, distinct_rows
from loadtests.published import PublishedModel, read_models

TARGET = 0.70
BARE, SLIPWAY = "bare app", "slipway"
HEADLINE = Workload(INFER.name, 1, 32)
WORKLOADS: tuple[Workload, ...] = (
    Workload(INFER.name, 1, 1),
    HEADLINE,
    Workload(INFER.name, 100, 8),
    Workload(INFER.name, 1000, 4),
    Workload(BINARY.name, 1000, 4),
    Workload(PREDICT.name, 1, 1),
    Workload(PREDICT.name, 1, 32),
)

_DOORS = {door.name: door for door in (INFER, BINARY, PREDICT)}
_STARTS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was measured, and of what, on what."""

    machine: Machine
    model: str
    models: int
    distinct_bodies: int
    figures: list[Figure]
    startup: Startup
    after_load: Memory

    @property
    def headline(self) -> Figure:
        """The service at the workload that the target is about."""
        return next(f for f in self.figures if f.server == SLIPWAY and f.workload == HEADLINE)


def run_bench(
    models: Path,
    model_name: str,
    pace: Pace,
    json_file: Path | None,
    against: Sequence[str] = (),
    connections: int | None = None,
) -> float:
    """Measure, print and, where asked for, write; returns the CPU efficiency that the target is about.

    `against` are options of further services that take part; `connections` narrows everything to one JSON row.
    """
    check_tools()
    workloads = WORKLOADS
    if connections is not None:
        workloads = tuple(dict.fromkeys((HEADLINE, Workload(INFER.name, 1, 1), Workload(INFER.name, 1, connections))))
    result = measure(models, model_name, pace, workloads, against=against)
    console = Console(width=WIDTH)
    for part in report(result):
        console.print(part, soft_wrap=isinstance(part, str))
    if json_file:
        json_file.write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")
    return result.headline.cpu_efficiency


def measure(
    models: Path,
    model_name: str,
    pace: Pace,
    workloads: Sequence[Workload] = WORKLOADS,
    starts: int = _STARTS,
    against: Sequence[str] = (),
) -> Result:
    """Start everything, take all measurements, stop everything. Every service asks for a key, and gets it."""
    machine, (server_core, load_core) = this_machine(), two_cores()
    pin = ["taskset", "--cpu-list", str(server_core)]
    command = service.slipway_command(models)
    with _progress("starting") as advance:
        startup = measure_startup(command, pin, starts)
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="slipway-"))
            command += ["--keys", str(stack.enter_context(_key(Path(folder))))]
            ours = stack.enter_context(service.running([*pin, *command]))
            bare = stack.enter_context(service.running([*pin, *service.bare_command()]))
            contestants = [Contestant(BARE, bare), Contestant(SLIPWAY, ours)]
            for options in against:
                other = stack.enter_context(service.running([*pin, *command, *shlex.split(options)]))
                contestants.append(Contestant(options, other))
            published = read_models(ours.url)
            model = choose_model(published, model_name)
            workloads = [w for w in workloads if w.door != BINARY.name or model.is_numeric]
            advance(0, len(workloads) * len(contestants) * pace.bursts)
            rows = distinct_rows(model, ENOUGH_ROWS)
            work = []
            for workload in workloads:
                door = _DOORS[workload.door]
                work.append(prepare(model, door, workload, rows, Path(folder)))
                check_answer(model, door, ours.url, work[-1])
            samples = take_rounds(contestants, work, pace, load_core, lambda: advance(1, None))
            after_load = memory(ours.process.pid)
    distinct = max(prepared.distinct for prepared in work)
    return Result(machine, model.name, len(published), distinct, figures(samples, BARE), startup, after_load)


def report(result: Result) -> Iterator[object]:
    """What is printed, from top to bottom."""
    yield f"model {result.model} of {result.models}, {result.distinct_bodies:,} different rows; {result.machine}"
    yield ""
    yield figures_table(result.figures)
    yield ""
    yield startup_table(result.startup)
    yield f"after the load: private {result.after_load.private_mib:.1f} MiB, PSS {result.after_load.pss_mib:.1f} MiB"
    yield ""
    yield verdict(result)


def verdict(result: Result) -> str:
    """The target, what was reached, and on what floor."""
    reached = result.headline.cpu_efficiency
    floor = next(f for f in result.figures if f.server == BARE and f.workload == HEADLINE)
    state = "met" if reached >= TARGET else "missed"
    costs = f"{result.headline.cpu_us:.0f} µs against {floor.cpu_us:.0f} µs"
    return (
        f"{state}: {reached:.3f} of the bare app's CPU efficiency for one JSON row at {HEADLINE.connections} "
        f"connections, {costs}; the target is {TARGET:.2f}"
    )


def choose_model(published: list[PublishedModel], name: str) -> PublishedModel:
    """The model of this name or, without one, the first whose rows are all numbers."""
    if name:
        found = next((model for model in published if model.name == name), None)
        if found is None:
            raise CannotRun(f"no model {name!r}; there are: {', '.join(model.name for model in published)}")
        return found
    found = next((model for model in published if model.is_numeric), None)
    if found is None:
        raise CannotRun("no model takes numbers only; name one with --model")
    return found


@contextmanager
def _key(folder: Path) -> Iterator[Path]:
    """A keys file, whose key everything that is sent meanwhile carries."""
    file, key = service.make_key(folder)
    before = os.environ.get(KEY_VARIABLE)
    os.environ[KEY_VARIABLE] = key
    try:
        yield file
    finally:
        os.environ.pop(KEY_VARIABLE)
        if before is not None:
            os.environ[KEY_VARIABLE] = before


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)

        def advance(steps: int, total: int | None) -> None:
            progress.update(task, advance=steps, total=total, description="measuring")

        yield advance
