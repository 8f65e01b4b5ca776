"""`slipway bench --open-loop`: what rate of random arrivals can be answered in time, alone and beside a busy neighbour.

First the closed-loop peak, then the highest rate of Poisson arrivals whose 99th percentile stays within 10 ms. At half
and at four fifths of that rate another model is sent bodies of 1,000 rows that take a tenth of the core, and the same
load goes to the bare application, alone: its own 99.9th percentile says what the machine and the stack can do.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from loadtests import service
from loadtests.bench.benchmark import choose_model
from loadtests.bench.figures import Workload
from loadtests.bench.machine import this_machine, two_cores
from loadtests.bench.open_loop import Seen, Stream, offer, quantile
from loadtests.bench.process_tree import cpu_seconds
from loadtests.bench.rounds import Prepared, check_answer, prepare
from loadtests.bench.tables import WIDTH
from loadtests.bench.wrk import burst, check_tools
from loadtests.doors import INFER
from loadtests.payloads import distinct_rows
from loadtests.published import PublishedModel, read_models
from loadtests.service import Server

LIMIT_MS = 10.0
_ONE = Workload("infer", 1, 32)
_MANY = Workload("infer", 1000, 1)
_STEPS = 6
_SHARE_OF_CORE = 0.1
_PROBE_RATE = 20.0


@dataclass(frozen=True, slots=True)
class Latencies:
    """One load on one server: the rate, milliseconds, and the share answered within the limit."""

    what: str
    rate: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    within: float
    failed: int


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """Everything measured; rates are requests per second."""

    model: str
    neighbour: str
    peak: float
    highest: float
    neighbour_rate: float
    loads: list[Latencies]

    @property
    def ratio(self) -> float:
        """The highest rate that is answered in time, of the closed-loop peak."""
        return self.highest / self.peak


def run_open_loop(models: Path, model_name: str, seconds: int, json_file: Path | None) -> None:
    """Measure, print and, where asked for, write."""
    check_tools()
    console = Console(width=WIDTH)
    machine, (server_core, load_core) = this_machine(), two_cores()
    pin = ["taskset", "--cpu-list", str(server_core)]
    with (
        tempfile.TemporaryDirectory(prefix="slipway-") as folder,
        service.running([*pin, *service.slipway_command(models)]) as ours,
        service.running([*pin, *service.bare_command()]) as bare,
        console.status("measuring, a minute or two"),
    ):
        result = _measure(ours, bare, model_name, seconds, Path(folder), load_core)
    console.print(f"{machine}")
    for part in report(result):
        console.print(part, soft_wrap=isinstance(part, str))
    if json_file:
        json_file.write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")


def _measure(ours: Server, bare: Server, model_name: str, seconds: int, folder: Path, core: int) -> OpenLoop:
    published = read_models(ours.url)
    model = choose_model(published, model_name)
    others = [other for other in published if other.is_numeric and other.name != model.name]
    neighbour = others[0] if others else model
    small = _prepared(ours, model, _ONE, folder)
    peak = burst(ours.url + small.path, small.bodies, _ONE.connections, seconds, core)
    highest = _highest(ours, small, peak.requests / peak.seconds, seconds, core)
    large = _prepared(ours, neighbour, _MANY, folder)
    rate = _SHARE_OF_CORE / _cost(ours, large, seconds, core)
    loads = [
        load
        for share in (0.5, 0.8)
        for load in _beside(ours, bare, small, large, share, share * highest, rate, seconds, core)
    ]
    return OpenLoop(model.name, neighbour.name, peak.requests / peak.seconds, highest, rate, loads)


def _prepared(server: Server, model: PublishedModel, workload: Workload, folder: Path) -> Prepared:
    prepared = prepare(model, INFER, workload, distinct_rows(model), folder)
    check_answer(model, INFER, server.url, prepared)
    return prepared


def _stream(server: Server, prepared: Prepared, rate: float, name: str = "one row") -> Stream:
    return Stream(name, server.url + prepared.path, rate, str(prepared.bodies))


def _highest(server: Server, prepared: Prepared, peak: float, seconds: int, core: int) -> float:
    """By halving: the highest rate below the peak whose 99th percentile is within the limit; 0 where none is."""
    low, high = 0.0, peak
    for _ in range(_STEPS):
        rate = (low + high) / 2
        (seen,) = offer([_stream(server, prepared, rate)], seconds, core)
        is_kept = seen.answered and quantile(seen.answered, 0.99) <= LIMIT_MS and len(seen.answered) == seen.due
        low, high = (rate, high) if is_kept else (low, rate)
    return low


def _cost(server: Server, prepared: Prepared, seconds: int, core: int) -> float:
    """Seconds of the server's CPU time for one request."""
    before = cpu_seconds(server.process.pid)
    seen = burst(server.url + prepared.path, prepared.bodies, 1, seconds, core)
    return (cpu_seconds(server.process.pid) - before) / max(seen.requests, 1)


def _beside(
    ours: Server,
    bare: Server,
    small: Prepared,
    large: Prepared,
    share: float,
    rate: float,
    neighbour_rate: float,
    seconds: int,
    core: int,
) -> Iterator[Latencies]:
    rate = max(rate, 1.0)
    health = Stream("health", f"{ours.url}/health/live", _PROBE_RATE)
    (alone,) = offer([_stream(bare, small, rate)], seconds, core)
    yield _latencies(f"bare app alone, {share:.0%}", rate, alone)
    one, _, healthy = offer(
        [_stream(ours, small, rate), _stream(ours, large, neighbour_rate, "1,000 rows"), health], seconds, core
    )
    yield _latencies(f"slipway beside the neighbour, {share:.0%}", rate, one)
    yield _latencies("   its health meanwhile", _PROBE_RATE, healthy)


def _latencies(what: str, rate: float, seen: Seen) -> Latencies:
    p50, p99, p999 = (quantile(seen.answered, share) for share in (0.5, 0.99, 0.999))
    return Latencies(what, rate, p50, p99, p999, seen.within(LIMIT_MS), seen.due - len(seen.answered))


def report(result: OpenLoop) -> Iterator[object]:
    """What is printed, from top to bottom."""
    yield f"model {result.model}: closed-loop peak {result.peak:,.0f} requests/s at {_ONE.connections} connections"
    yield (
        f"highest rate of Poisson arrivals with 99 % within {LIMIT_MS:.0f} ms: {result.highest:,.0f} requests/s, "
        f"{result.ratio:.2f} of the peak"
    )
    yield f"neighbour {result.neighbour}: {result.neighbour_rate:.1f} bodies of 1,000 rows a second, 10 % of the core"
    yield ""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("load", no_wrap=True)
    for column in ("requests/s", "p50 ms", "p99 ms", "p99.9 ms", f"in {LIMIT_MS:.0f} ms", "failed"):
        table.add_column(column, justify="right")
    for load in result.loads:
        numbers = [f"{load.rate:,.0f}", *(f"{ms:.2f}" for ms in (load.p50_ms, load.p99_ms, load.p999_ms))]
        table.add_row(load.what, *numbers, f"{load.within:.2%}", str(load.failed))
    yield table
