"""`slipway bench --open-loop`: what rate of random arrivals can be served in time, alone and beside a busy neighbour.

First the closed-loop peak, then Poisson arrivals at shares of it, to the service and to the bare application in turn,
round after round: the highest share whose 99th percentile is within 10 ms. At half and at four fifths of that rate
another model is sent bodies of 1,000 rows that take a tenth of the core; the bare application gets the same load alone,
since its own 99.9th percentile says what the machine and the stack can do. Medians of the rounds are told, and how late
the generator itself was: it shares the machine with whatever else runs there.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from slipway_loadtests import service
from slipway_loadtests.bench.benchmark import BARE, SLIPWAY, choose_model
from slipway_loadtests.bench.figures import Workload
from slipway_loadtests.bench.machine import raise_priority, this_machine, two_cores
from slipway_loadtests.bench.open_loop import Seen, Stream, offer, quantile
from slipway_loadtests.bench.process_tree import cpu_seconds
from slipway_loadtests.bench.rounds import Contestant, Pace, Prepared, check_response, prepare
from slipway_loadtests.bench.tables import WIDTH
from slipway_loadtests.bench.wrk import burst, check_tools
from slipway_loadtests.endpoints import INFER
from slipway_loadtests.payloads import distinct_rows
from slipway_loadtests.published import PublishedModel, read_models
from slipway_loadtests.service import Server

LIMIT_MS = 10.0
LEAST_SHARE = 0.8
MOST_TIMES = 2.0
_ONE = Workload("infer", 1, 32)
_MANY = Workload("infer", 1000, 1)
_SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_BESIDE = (0.5, 0.8)
_SHARE_OF_CORE = 0.1
_PROBE_RATE = 20.0
_CONNECTIONS = 64
"""As a caller's pool has it. With several hundred the caches of any server are cold, and a backlog feeds itself."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """One load on one server, medians of the rounds: rate, milliseconds, the share that was served in time."""

    server: str
    what: str
    rate: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    within: float
    failed: float
    late_ms: float
    """The generator's own 99th percentile."""


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """Everything measured; rates are requests per second."""

    model: str
    neighbour: str
    peak: float
    neighbour_rate: float
    alone: list[Latencies]
    beside: list[Latencies]

    @property
    def highest(self) -> float:
        """The highest rate that the service meets in time; 0 where that is none."""
        return _highest(self.alone, SLIPWAY)

    def relative_to_bare_app(self, what: str) -> float:
        """The 99.9th percentile beside the neighbour, over the bare application's own."""
        found = {load.server: load.p999_ms for load in self.beside if load.what == what}
        return found[SLIPWAY] / found[BARE]


def run_open_loop(models: Path, model_name: str, pace: Pace, json_file: Path | None) -> None:
    """Measure, print and, where asked for, write."""
    check_tools()
    console = Console(width=WIDTH)
    machine, (server_core, load_core) = this_machine(), two_cores()
    pin = ["taskset", "--cpu-list", str(server_core)]
    with (
        tempfile.TemporaryDirectory(prefix="slipway-") as folder,
        raise_priority(),
        service.running([*pin, *service.slipway_command(models)]) as ours,
        service.running([*pin, *service.bare_command()]) as bare,
        console.status("measuring, a minute or two"),
    ):
        contestants = [Contestant(BARE, bare), Contestant(SLIPWAY, ours)]
        result = _measure(contestants, model_name, pace, Path(folder), load_core)
    console.print(f"{machine}")
    for part in report(result):
        console.print(part, soft_wrap=isinstance(part, str))
    if json_file:
        json_file.write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")


def _measure(contestants: list[Contestant], model_name: str, pace: Pace, folder: Path, core: int) -> OpenLoop:
    ours = contestants[-1].server
    published = read_models(ours.url)
    model = choose_model(published, model_name)
    others = [other for other in published if other.is_numeric and other.name != model.name]
    neighbour = others[0] if others else model
    small = _prepared(ours, model, _ONE, folder)
    for contestant in contestants:
        seen = burst(contestant.server.url + small.path, small.bodies, _ONE.connections, pace.seconds, core)
    peak = seen.requests / seen.seconds
    loads = [(f"{share:.0%} of the peak", share * peak) for share in _SHARES]
    alone = _in_turn(contestants, small, None, loads, pace, core)
    large = _prepared(ours, neighbour, _MANY, folder)
    rate = _SHARE_OF_CORE / _cost(ours, large, pace.seconds, core)
    highest = max(_highest(alone, SLIPWAY), 1.0)
    loads = [(_beside(share), share * highest) for share in _BESIDE]
    beside = _in_turn(contestants, small, _stream(ours, large, rate), loads, pace, core)
    return OpenLoop(model.name, neighbour.name, peak, rate, alone, beside)


def _prepared(server: Server, model: PublishedModel, workload: Workload, folder: Path) -> Prepared:
    prepared = prepare(model, INFER, workload, distinct_rows(model), folder)
    check_response(model, INFER, server.url, prepared)
    return prepared


def _stream(server: Server, prepared: Prepared, rate: float) -> Stream:
    return Stream("rows", server.url + prepared.path, rate, str(prepared.bodies), connections=_CONNECTIONS)


def _cost(server: Server, prepared: Prepared, seconds: int, core: int) -> float:
    """Seconds of the server's CPU time for one request."""
    before = cpu_seconds(server.process.pid)
    seen = burst(server.url + prepared.path, prepared.bodies, 1, seconds, core)
    return (cpu_seconds(server.process.pid) - before) / max(seen.requests, 1)


def _in_turn(
    contestants: Sequence[Contestant],
    small: Prepared,
    neighbour: Stream | None,
    loads: Sequence[tuple[str, float]],
    pace: Pace,
    core: int,
) -> list[Latencies]:
    """Each load on each server, round after round; the service has the neighbour beside it and its health asked."""
    seen: dict[tuple[str, str, float], list[Seen]] = {}
    for _ in range(pace.rounds):
        for what, rate in loads:
            for contestant in contestants:
                streams = {what: _stream(contestant.server, small, rate)}
                if neighbour is not None and contestant.name == SLIPWAY:
                    health = Stream("health", f"{contestant.server.url}/health/live", _PROBE_RATE)
                    streams |= {f"  neighbour, {what}": neighbour, f"  health, {what}": health}
                for name, found in zip(streams, offer(list(streams.values()), pace.seconds, core), strict=True):
                    seen.setdefault((contestant.name, name, streams[name].rate), []).append(found)
    return [_latencies(*key, rounds) for key, rounds in seen.items()]


def _latencies(server: str, what: str, rate: float, rounds: list[Seen]) -> Latencies:
    p50, p99, p999 = (median(quantile(seen.answered, share) for seen in rounds) for share in (0.5, 0.99, 0.999))
    within = median(seen.within(LIMIT_MS) for seen in rounds)
    failed = median(seen.due - len(seen.answered) for seen in rounds)
    late = median(quantile(seen.late, 0.99) for seen in rounds)
    return Latencies(server, what, rate, p50, p99, p999, within, failed, late)


def _highest(alone: Sequence[Latencies], server: str) -> float:
    kept = [load.rate for load in alone if load.server == server and load.p99_ms <= LIMIT_MS and not load.failed]
    return max(kept, default=0.0)


def _beside(share: float) -> str:
    return f"{share:.0%} of that"


def report(result: OpenLoop) -> Iterator[object]:
    """What is printed, from top to bottom: what was seen, and what was promised."""
    yield f"model {result.model}: closed-loop peak {result.peak:,.0f} requests/s at {_ONE.connections} connections"
    yield ""
    yield "Poisson arrivals, in turn to both servers"
    yield _table(result.alone)
    yield ""
    yield (
        f"the same with load on model {result.neighbour}, which is sent {result.neighbour_rate:.1f} bodies of "
        f"1,000 rows a second, 10 % of the core; the bare app is alone"
    )
    yield _table(result.beside)
    yield ""
    share, bare = result.highest / result.peak, _highest(result.alone, BARE) / result.peak
    yield (
        f"{_state(share >= LEAST_SHARE)}: 99 % within {LIMIT_MS:.0f} ms up to {result.highest:,.0f} requests/s, "
        f"{share:.2f} of the closed-loop peak (the bare app, of the same: {bare:.2f}); the target is {LEAST_SHARE:.2f}"
    )
    for what in map(_beside, _BESIDE):
        ours = next(load for load in result.beside if (load.server, load.what) == (SLIPWAY, what))
        times = result.relative_to_bare_app(what)
        is_kept = ours.p999_ms <= LIMIT_MS and times <= MOST_TIMES
        yield (
            f"{_state(is_kept)}: with load on the second model at {what}, 99.9 % within {ours.p999_ms:.2f} ms, "
            f"{times:.1f} times the bare app alone; the target is {LIMIT_MS:.0f} ms and {MOST_TIMES:.0f} times"
        )


def _table(loads: Sequence[Latencies]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("load", "server"):
        table.add_column(column, no_wrap=True)
    for column in ("rate", "p50 ms", "p99 ms", "p99.9 ms", f"in {LIMIT_MS:.0f} ms", "failed", "late"):
        table.add_column(column, justify="right")
    for load in loads:
        times = [f"{ms:.2f}" for ms in (load.p50_ms, load.p99_ms, load.p999_ms)]
        counts = [f"{load.within:.2%}", f"{load.failed:.0f}", f"{load.late_ms:.2f}"]
        table.add_row(load.what, load.server, f"{load.rate:,.0f}", *times, *counts)
    return table


def _state(is_kept: bool) -> str:
    return "met" if is_kept else "missed"
