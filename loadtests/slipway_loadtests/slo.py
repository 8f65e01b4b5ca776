"""Service level objectives: what was measured, what was promised, and which promises were missed.

A Tally takes one line per request while the test runs, keeps exact times (Locust rounds its own to milliseconds, and an
response takes less than one), and becomes a Report. `missed` compares a report with the limits: an empty list is a
pass.
"""

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Limits:
    """The objectives, all on the requests of the whole test. Besides them no request may fail."""

    p50_ms: float = 25.0
    p95_ms: float = 100.0
    p99_ms: float = 250.0
    requests_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured of one endpoint of one model, or of everything."""

    name: str
    requests: int
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failures: dict[str, int]

    @property
    def failed(self) -> int:
        return sum(self.failures.values())


@dataclass(frozen=True, slots=True)
class Report:
    """One line per endpoint and model, and one over all of them."""

    lines: list[Line]
    overall: Line

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read_report(file: Path) -> Report:
    """A report as `Report.write` left it."""
    document = json.loads(file.read_text(encoding="utf-8"))
    return Report([Line(**line) for line in document["lines"]], Line(**document["overall"]))


@dataclass(slots=True)
class _Series:
    times_ms: "array[float]" = field(default_factory=lambda: array("d"))
    failures: Counter[str] = field(default_factory=Counter)


class Tally:
    """Collects requests as they finish."""

    def __init__(self) -> None:
        self._series: dict[str, _Series] = defaultdict(_Series)

    def add(self, name: str, milliseconds: float, problem: str | None) -> None:
        """One finished request; `problem` is None when its response was right."""
        series = self._series[name]
        series.times_ms.append(milliseconds)
        if problem is not None:
            series.failures[problem] += 1

    def report(self, seconds: float) -> Report:
        """Everything so far, as measured over `seconds`."""
        lines = [_line(name, series, seconds) for name, series in sorted(self._series.items())]
        everything = _Series()
        for series in self._series.values():
            everything.times_ms.extend(series.times_ms)
            everything.failures.update(series.failures)
        return Report(lines, _line(OVERALL, everything, seconds))


def _line(name: str, series: _Series, seconds: float) -> Line:
    times = sorted(series.times_ms)
    return Line(
        name=name,
        requests=len(times),
        requests_per_second=len(times) / seconds if seconds > 0 else 0.0,
        p50_ms=percentile(times, 0.50),
        p95_ms=percentile(times, 0.95),
        p99_ms=percentile(times, 0.99),
        failures=dict(series.failures),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed; 0 when there are none."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


def missed(report: Report, limits: Limits) -> list[str]:
    """One sentence per objective that was missed."""
    overall = report.overall
    if not overall.requests:
        return ["no request got a response"]
    times = (
        ("p50", overall.p50_ms, limits.p50_ms),
        ("p95", overall.p95_ms, limits.p95_ms),
        ("p99", overall.p99_ms, limits.p99_ms),
    )
    sentences = [f"{name} is {got:.1f} ms, promised are {most:g} ms" for name, got, most in times if got > most]
    if overall.requests_per_second < limits.requests_per_second:
        rate, least = overall.requests_per_second, limits.requests_per_second
        sentences.append(f"{rate:.0f} requests/s were answered, the objective is {least:g}")
    if overall.failed:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in overall.failures.items())
        sentences.append(f"{overall.failed} of {overall.requests} requests failed: {reasons}")
    return sentences
