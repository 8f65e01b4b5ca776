"""Goodput when far more arrives than can be answered, beside the same server with its deadline taken away.

One model that takes several milliseconds a run and gains nothing from batches, the server on one core, an open loop of
Poisson arrivals on another. Good are answers within the callers' patience of one second. Then health, asked while a
model of half a second a run has more to do than it can, and while bodies of 1,000 rows pour in for another. Prints a
table, draws the curve, and exits with 1 where a promise is broken.

usage: python -m tests.e2e.prove_overload [--seconds S] [--rounds N] [--plot FILE]
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from math import sin
from pathlib import Path
from statistics import median
from typing import Any

from slipway_loadtests import service
from slipway_loadtests.bench.machine import raise_priority, two_cores
from slipway_loadtests.bench.open_loop import Stream, offer, quantile
from slipway_loadtests.bench.process_tree import cpu_seconds
from slipway_loadtests.service import Server
from tests.factories import matrix_signature, publish, slow_signature
from tests.graphs import looping_graph

_LOOPS = 6_000.0
_PATIENCE = 1.0
_TOLD = {"X-Envoy-Expected-Rq-Timeout-Ms": f"{_PATIENCE * 1000:.0f}"}
_FACTORS = (0.5, 1.0, 2.0, 3.0, 5.0)
_LEAST_GOODPUT = 0.9
_MOST_REFUSED_MS = 20.0
_MOST_HEALTH_MS = 20.0
_HALF_A_SECOND = 550_000.0
_HEALTH_RATE = 50.0
WITH, HANGING, WITHOUT = "callers say how long they wait", "callers hang up without saying", "no deadline"


@dataclass(frozen=True)
class Health:
    """How health was answered meanwhile: milliseconds, medians of the rounds."""

    meanwhile: str
    p50_ms: float
    p99_ms: float
    late_ms: float
    """The load generator's own 99th percentile."""
    answered: int
    """What else was answered, of all rounds."""


@dataclass(frozen=True)
class Point:
    """One load: what was offered, in units of what can be sustained, and what came of it."""

    kind: str
    factor: float
    goodput: float
    """Good answers per second."""
    useful: float
    """Good answers per second of the server's CPU time: a machine that others use as well does not change it."""
    p99_ms: float
    refused_p99_ms: float
    health_p99_ms: float
    statuses: dict[str, int]


def _median(points: list[Point], kind: str, factor: float) -> Point:
    mine = [point for point in points if (point.kind, point.factor) == (kind, factor)]
    return Point(
        kind,
        factor,
        median(point.goodput for point in mine),
        median(point.useful for point in mine),
        median(point.p99_ms for point in mine),
        median(point.refused_p99_ms for point in mine),
        median(point.health_p99_ms for point in mine),
        dict(sum((Counter(point.statuses) for point in mine), Counter())),
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of which medians are taken")
    parser.add_argument("--plot", type=Path, default=Path("docs/explanation/overload.svg"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, raise_priority(), ExitStack() as servers:
        _publish(Path(folder))
        ours = servers.enter_context(_serving(Path(folder), "10"))
        bare = servers.enter_context(_serving(Path(folder), "3600"))
        rate = _sustainable(ours, Path(folder))
        print(f"sustainable: {rate:.0f} requests/s of {1000 / rate:.1f} ms each, on one core")
        taken = [
            point
            for _ in range(given.rounds)
            for factor in _FACTORS
            for point in _measure(ours, bare, Path(folder), factor, rate, given.seconds)
        ]
        healthy = list(_health(ours, Path(folder), given.seconds, given.rounds))
    points = [_median(taken, kind, factor) for kind in (WITH, HANGING, WITHOUT) for factor in _FACTORS]
    _print(points)
    _draw(points, given.plot)
    _print_health(healthy)
    return _evaluate_variant(points, healthy)


def _publish(folder: Path) -> None:
    signature = slow_signature(_LOOPS)
    publish(folder / "models", "slow", signature, looping_graph(signature))
    halting = slow_signature(_HALF_A_SECOND)
    publish(folder / "models", "halting", halting, looping_graph(halting))
    publish(folder / "models", "wide", matrix_signature(30))
    (folder / "halting").write_text(f'{{"instances": [[{_HALF_A_SECOND}]]}}\n')
    rows = [[round(sin(number + row), 6) for number in range(30)] for row in range(1000)]
    (folder / "many").write_text(json.dumps({"instances": rows}) + "\n")
    (folder / "models.toml").write_text("[models.slow]\nmax_batch_size = 1\n")
    (folder / "bodies").write_text("".join(f'{{"instances": [[{_LOOPS + number}]]}}\n' for number in range(100)))


@contextmanager
def _serving(folder: Path, deadline: str) -> Iterator[Server]:
    pin = ["taskset", "--cpu-list", str(two_cores()[0])]
    options = ["--model-config-file", str(folder / "models.toml"), "--deadline-seconds", deadline]
    with service.running([*pin, *service.slipway_command(folder / "models"), *options]) as server:
        yield server


def _slow(server: Server, folder: Path, rate: float, **more: Any) -> Stream:
    url, bodies = f"{server.url}/predict/slow", str(folder / "bodies")
    return Stream("slow", url, rate, bodies, patience_ms=_PATIENCE * 1000, **more)


def _sustainable(server: Server, folder: Path) -> float:
    """The best of three measurements with a queue that is never empty."""
    return max(offer([_slow(server, folder, 300.0, headers=_TOLD)], 2.0, two_cores()[1])[0].goodput for _ in range(3))


def _measure(ours: Server, bare: Server, folder: Path, factor: float, peak: float, seconds: float) -> Iterator[Point]:
    load = factor * peak
    for kind, server, stream in (
        (WITH, ours, _slow(ours, folder, load, headers=_TOLD)),
        (HANGING, ours, _slow(ours, folder, load, hangs_up=True, connections=8192)),
        (WITHOUT, bare, _slow(bare, folder, load, connections=8192)),
    ):
        health = Stream("health", f"{server.url}/health/live", 20.0)
        before = cpu_seconds(server.process.pid)
        seen, healthy = offer([stream, health], seconds, two_cores()[1])
        used = cpu_seconds(server.process.pid) - before
        answered, refused, health_ms = (quantile(ms, 0.99) for ms in (seen.answered, seen.refused, healthy.answered))
        good = sum(ms <= _PATIENCE * 1000 for ms in seen.answered)
        yield Point(kind, factor, seen.goodput, good / used, answered, refused, health_ms, seen.statuses)


def _health(server: Server, folder: Path, seconds: float, rounds: int) -> Iterator[Health]:
    """Asked alone, beside the model of half a second and beside the large bodies."""
    core = two_cores()[1]
    halting = Stream("halting", f"{server.url}/predict/halting", 20.0, str(folder / "halting"))
    many = Stream("many", f"{server.url}/predict/wide", 1.0, str(folder / "many"), connections=32)
    before = cpu_seconds(server.process.pid)
    (seen,) = offer([replace(many, rate=20.0)], 2.0, core)
    rate = len(seen.answered) / max(cpu_seconds(server.process.pid) - before, 0.01)
    asked = Stream("health", f"{server.url}/health/ready", _HEALTH_RATE)
    for meanwhile, beside in (
        ("nothing else", []),
        ("a model of 500 ms a run is asked 20 times a second", [halting]),
        (f"{rate:.0f} bodies of 1,000 rows a second, as many as it can", [replace(many, rate=rate)]),
    ):
        found = [offer([asked, *beside], max(seconds, 3.0), core) for _ in range(rounds)]
        p50, p99 = (median(quantile(seen[0].answered, share) for seen in found) for share in (0.5, 0.99))
        late = median(quantile(seen[0].late, 0.99) for seen in found)
        yield Health(meanwhile, p50, p99, late, sum(len(other.answered) for seen in found for other in seen[1:]))


def _print_health(healthy: list[Health]) -> None:
    print(f"\n{'/health/ready while':60}{'p50 ms':>8}{'p99 ms':>8}{'late ms':>8}{'answered':>9}")
    for seen in healthy:
        print(f"{seen.meanwhile:60}{seen.p50_ms:8.1f}{seen.p99_ms:8.1f}{seen.late_ms:8.1f}{seen.answered:9}")


def _print(points: list[Point]) -> None:
    peak = _peak(points)
    print(f"{'':32}{'offered':>8}{'good/s':>8}{'per CPU s':>10}{'of peak':>8}{'p99 ms':>8}{'refused':>10}{'health':>8}")
    for point in points:
        print(
            f"{point.kind:32}{point.factor:7.1f}x{point.goodput:8.0f}{point.useful:10.0f}"
            f"{point.useful / peak:8.2f}{point.p99_ms:8.0f}{point.refused_p99_ms:10.1f}{point.health_p99_ms:8.1f}"
        )


def _peak(points: list[Point]) -> float:
    return max(point.useful for point in points if point.kind == WITH)


def _evaluate_variant(points: list[Point], healthy: list[Health]) -> int:
    peak = _peak(points)
    last = next(point for point in points if (point.kind, point.factor) == (WITH, max(_FACTORS)))
    reached = last.useful / peak
    control = min(point.useful for point in points if point.kind == WITHOUT and point.factor > 1) / peak
    kept = [
        (reached >= _LEAST_GOODPUT, f"goodput at {last.factor:.0f}x: {reached:.2f} of the peak"),
        (last.refused_p99_ms <= _MOST_REFUSED_MS, f"refused in {last.refused_p99_ms:.1f} ms (p99)"),
        (last.health_p99_ms <= _MOST_HEALTH_MS, f"health in {last.health_p99_ms:.1f} ms (p99)"),
        *[(h.p99_ms <= _MOST_HEALTH_MS, f"health in {h.p99_ms:.1f} ms (p99): {h.meanwhile}") for h in healthy],
        (control < _LEAST_GOODPUT, f"negative control: without a deadline it falls to {control:.2f} of the peak"),
    ]
    for is_kept, promise in kept:
        print("kept  " if is_kept else "BROKEN", promise)
    return 0 if all(is_kept for is_kept, _ in kept) else 1


def _draw(points: list[Point], file: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415  # slow to import, and only wanted at the end

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "slipway"
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    peak = _peak(points)
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    top = max(point.factor for point in points)
    axes.plot([0, top], [1, 1], color="0.75", linewidth=1, label="ideal")
    for kind, colour, marker in ((WITH, "#1b6ca8", "o"), (HANGING, "#2e8b57", "s"), (WITHOUT, "#c0392b", "x")):
        mine = [point for point in points if point.kind == kind]
        shares = [point.useful / peak for point in mine]
        axes.plot([point.factor for point in mine], shares, color=colour, marker=marker, label=kind)
    axes.set(
        xlabel="offered load, in units of what can be sustained",
        ylabel=f"answers within {_PATIENCE:.0f} s per CPU second, of the peak",
        title="Goodput under overload: one core, no gain from batches, Poisson arrivals",
        ylim=(0, 1.1),
    )
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="center right")
    figure.savefig(file, metadata={"Date": None})
    print(f"drawn: {file}")


if __name__ == "__main__":
    raise SystemExit(main())
