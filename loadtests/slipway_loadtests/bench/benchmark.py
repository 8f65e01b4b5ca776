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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from slipway_loadtests import service
from slipway_loadtests.bench import mixed
from slipway_loadtests.bench.figures import Figure, Workload, figures
from slipway_loadtests.bench.machine import Machine, raise_priority, this_machine, two_cores
from slipway_loadtests.bench.mixed import mixed_models
from slipway_loadtests.bench.process_tree import Memory, memory
from slipway_loadtests.bench.rounds import Contestant, Pace, Prepared, check_response, prepare, take_rounds
from slipway_loadtests.bench.session_run import run_cpu_us
from slipway_loadtests.bench.startup import Startup, measure_startup
from slipway_loadtests.bench.tables import WIDTH, figures_table, startup_table, targets_table, workers_table
from slipway_loadtests.bench.targets import BYTES, HEADLINE, MIXED, SHARED, SINGLE, WORKLOADS, Target, targets
from slipway_loadtests.bench.two_workers import ONE, TWO, WorkersFigure, measure_workers
from slipway_loadtests.bench.wrk import check_tools
from slipway_loadtests.endpoints import BINARY, INFER, PREDICT
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import KEY_VARIABLE
from slipway_loadtests.payloads import ENOUGH_ROWS, distinct_rows
from slipway_loadtests.published import PublishedModel, read_models

BARE, SLIPWAY = "bare app", "slipway"

_DOORS = {endpoint.name: endpoint for endpoint in (INFER, BINARY, PREDICT)}
_STARTS = 5
_SIZES = (1, 100, 1000)


@dataclass(slots=True)
class Result:
    """Everything that was measured, and of what, on what."""

    machine: Machine
    model: str
    models: int
    distinct_bodies: int
    figures: list[Figure]
    startup: Startup
    after_load: Memory
    run_us: float | None = None
    """CPU µs of onnxruntime alone for the rows of a body of bytes."""
    runs_us: dict[int, float] = field(default_factory=dict)
    """The same by rows, for a model that the user named: the limits are then about what is beside its runs."""
    workers: list[WorkersFigure] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def headline(self) -> Figure:
        """The service at the workload that `--require-ratio` is about."""
        return self.of(SLIPWAY)[HEADLINE]

    @property
    def targets(self) -> list[Target]:
        """What was to be reached, as far as it was measured."""
        return list(targets(self.of(SLIPWAY), self.of(BARE), self.run_us, self.workers, self.runs_us))

    def of(self, server: str) -> dict[Workload, Figure]:
        """A server's figures."""
        return {figure.workload: figure for figure in self.figures if figure.server == server}


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
        workloads = tuple(dict.fromkeys((HEADLINE, SINGLE, Workload(INFER.name, 1, connections))))
    with raise_priority():
        result = measure(models, model_name, pace, workloads, against=against, is_full=connections is None)
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
    *,
    is_full: bool = False,
) -> Result:
    """Start everything, take all measurements, stop everything. Every service asks for a key, and gets it.

    `is_full` adds what takes other servers or none: mixed fields, onnxruntime alone, two workers.
    """
    machine, cores = this_machine(), two_cores()
    pin = ["taskset", "--cpu-list", str(cores[0])]
    command = service.slipway_command(models)
    with _progress("starting") as advance, ExitStack() as stack:
        startup = measure_startup(command, pin, starts)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slipway-")))
        keys = ["--keys", str(stack.enter_context(_key(folder)))]
        with ExitStack() as servers:
            ours = servers.enter_context(service.running([*pin, *command, *keys]))
            bare = servers.enter_context(service.running([*pin, *service.bare_command()]))
            contestants = [Contestant(BARE, bare), Contestant(SLIPWAY, ours)]
            for options in against:
                other = servers.enter_context(service.running([*pin, *command, *keys, *shlex.split(options)]))
                contestants.append(Contestant(options, other))
            published = read_models(ours.url)
            model = choose_model(published, model_name)
            workloads = [w for w in workloads if w.endpoint != BINARY.name or model.is_numeric]
            advance(0, len(workloads) * len(contestants) * pace.bursts)
            work = prepare_all(model, workloads, ours.url, folder)
            samples = take_rounds(contestants, work, pace, cores[1], lambda: advance(1, None))
            result = Result(
                machine,
                model.name,
                len(published),
                max(prepared.distinct for prepared in work),
                figures(samples, BARE),
                startup,
                memory(ours.process.pid),
            )
            if is_full:
                if model_name and model.is_numeric:
                    result.runs_us = _runs_alone(ours.url, models, model, folder, pin, pace)
                elif model_name:
                    result.left_out.append(f"session.run of {model.name}, whose rows are no matrix of numbers")
                result.run_us = _run_alone(ours.url, models, model.name, work, pin, pace)
                result.figures.extend(_mixed(contestants[0], keys, pin, pace, cores[1], folder, result.left_out))
        if is_full:
            headline = next(prepared for prepared in work if prepared.workload == HEADLINE)
            shared = replace(headline, workload=SHARED)
            result.workers = _workers([*command, *keys], shared, pace, cores)
    return result


def prepare_all(model: PublishedModel, workloads: Sequence[Workload], url: str, folder: Path) -> list[Prepared]:
    """Bodies of different rows for every workload, each tried once."""
    rows = distinct_rows(model, ENOUGH_ROWS)
    work = []
    for workload in workloads:
        endpoint = _DOORS[workload.endpoint]
        work.append(prepare(model, endpoint, workload, rows, folder))
        check_response(model, endpoint, url, work[-1])
    return work


def _run_alone(url: str, models: Path, name: str, work: list[Prepared], pin: Sequence[str], pace: Pace) -> float | None:
    posted = next((prepared for prepared in work if prepared.workload == BYTES), None)
    return None if posted is None else run_cpu_us(url, models, name, posted, pin, pace.rounds)


def _runs_alone(
    url: str, models: Path, model: PublishedModel, folder: Path, pin: Sequence[str], pace: Pace
) -> dict[int, float]:
    """CPU µs of onnxruntime alone, by rows, for each size that has a limit."""
    rows = distinct_rows(model, ENOUGH_ROWS)
    posted = [prepare(model, BINARY, Workload(BINARY.name, size, 1), rows, folder) for size in _SIZES]
    return {one.workload.rows: run_cpu_us(url, models, model.name, one, pin, pace.rounds) for one in posted}


def _mixed(
    bare: Contestant, keys: list[str], pin: Sequence[str], pace: Pace, core: int, folder: Path, left_out: list[str]
) -> list[Figure]:
    """Rows of mixed fields, for which a model is made where there is none yet; what went wrong goes to `left_out`."""
    try:
        models = mixed_models()
    except CannotRun as reason:
        left_out.append(f"{MIXED}: {reason}")
        return []
    with service.running([*pin, *service.slipway_command(models), *keys]) as server:
        model = choose_model(read_models(server.url), mixed.NAME)
        work = prepare_all(model, [MIXED], server.url, folder)
        samples = take_rounds([bare, Contestant(SLIPWAY, server)], work, pace, core, lambda: None)
    return figures(samples, BARE)


def _workers(command: list[str], work: Prepared, pace: Pace, cores: tuple[int, int]) -> list[WorkersFigure]:
    pin = ["taskset", "--cpu-list", ",".join(map(str, cores))]
    with ExitStack() as servers:
        contestants = [
            Contestant(options, servers.enter_context(service.running([*pin, *command, *options.split()])))
            for options in (ONE, TWO)
        ]
        return measure_workers(contestants, work, pace, cores, lambda: None)


def report(result: Result) -> Iterator[object]:
    """What is printed, from top to bottom."""
    yield f"model {result.model} of {result.models}, {result.distinct_bodies:,} different rows; {result.machine}"
    yield ""
    yield figures_table(result.figures)
    yield ""
    if result.workers:
        yield workers_table(result.workers)
        yield ""
    yield startup_table(result.startup)
    yield f"after the load: private {result.after_load.private_mib:.1f} MiB, PSS {result.after_load.pss_mib:.1f} MiB"
    yield ""
    if result.run_us is not None:
        yield f"onnxruntime alone for the rows of a body of bytes: {result.run_us:.0f} µs"
    if result.runs_us:
        alone = ", ".join(f"{rows} rows {us:,.0f} µs" for rows, us in result.runs_us.items())
        yield f"onnxruntime alone, which the limits leave out: {alone}"
    for reason in result.left_out:
        yield f"left out: {reason}"
    yield targets_table(result.targets)
    yield verdict(result.targets)


def verdict(reached: list[Target]) -> str:
    """How many targets were met."""
    return f"{sum(target.is_met for target in reached)} of {len(reached)} targets met"


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
