"""What a run of all attacks prints and draws: a table, beside an earlier run if there is one, and curves over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.e2e.attack.outcome import Outcome

_MB = 1e6
_ERROR = "#c0392b"
_GOOD = "#1b6ca8"
_MEMORY = "#2e8b57"

Figures = Mapping[str, Any]
"""One attack as it stands in a file of figures."""


def figures(outcome: Outcome) -> Figures:
    """What is kept of an attack, for a later run to be put beside."""
    return {
        "about": outcome.about,
        "sent_bytes": outcome.sent,
        "rss_before_mib": round(outcome.rss_before, 1),
        "rss_peak_mib": round(outcome.rss_peak, 1),
        "rss_after_mib": round(outcome.rss_after, 1),
        "health_worst_ms": round(outcome.health_worst_ms, 1),
        "requests": outcome.asked,
        "errors": outcome.errors,
        "p99_ms": round(outcome.latency.predictions_ms, 2),
        "probes_p99_ms": round(outcome.latency.probes_ms, 2),
        "p99_ratio": round(outcome.ratio, 2),
        "kills": outcome.kills,
        "cpu_ratio": None if outcome.cpu_ratio is None else round(outcome.cpu_ratio, 2),
        "answers": outcome.answers,
        "problems": outcome.problems,
    }


def table(outcomes: Sequence[Outcome], earlier: Mapping[str, Figures]) -> Table:
    """A row for each attack; a figure of an earlier run stands before an arrow."""
    title = "a good client beside each attack" + (", before → now" if earlier else "")
    made = Table(title=title, title_justify="left", show_lines=bool(earlier))
    for heading in ("attack", "sent MB", "RSS peak", "after", "health ms", "errors", "p99 x", "OOM-killed"):
        made.add_column(heading, justify="left" if heading == "attack" else "right", no_wrap=True)
    made.add_column("verdict", overflow="fold", min_width=24)
    for outcome in outcomes:
        now, before = figures(outcome), earlier.get(outcome.name)
        cells = [_cells(one) for one in (before, now) if one is not None]
        joined = [" → ".join(dict.fromkeys(pair)) if before else pair[0] for pair in zip(*cells, strict=True)]
        verdict = "; ".join(outcome.problems)
        made.add_row(outcome.name, *joined, f"[red]{verdict}" if verdict else "[green]not noticed")
    return made


def _cells(one: Figures) -> list[str]:
    errors = sum(one["errors"].values())
    return [
        f"{one['sent_bytes'] / _MB:.2f}",
        f"{one['rss_peak_mib']:.0f}",
        f"{one['rss_after_mib']:.0f}",
        f"{one['health_worst_ms']:.0f}",
        f"{errors} / {one['requests']}",
        f"{one['p99_ratio']:.1f}",
        "yes" if one["kills"] else "no",
    ]


def draw(outcomes: Sequence[Outcome], file: Path) -> None:
    """Memory and the good client's latencies, one attack after the other, each in its own shaded stretch."""
    import matplotlib as mpl  # noqa: PLC0415  # slow to import, and only wanted at the end

    mpl.use("agg" if file.suffix == ".png" else "svg")
    mpl.rcParams["svg.hashsalt"] = "slipway"
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    figure, (memory, latency) = plt.subplots(2, 1, figsize=(14, 7.5), sharex=True, layout="constrained")
    offset = 0.0
    for number, outcome in enumerate(outcomes):
        first = outcome.requests[0].begun if outcome.requests else outcome.starts
        last = max([at for at, _ in outcome.rss] + [outcome.ends])
        shift = offset - first
        for axes in (memory, latency):
            axes.axvspan(outcome.starts + shift, outcome.ends + shift, color="0.92", linewidth=0)
        inside = [(at + shift, mib) for at, mib in outcome.rss if first <= at <= last]
        memory.plot(*zip(*inside, strict=True), color=_MEMORY, linewidth=1.2) if inside else None
        middle = (outcome.starts + outcome.ends) / 2 + shift
        memory.text(middle, outcome.limit_mib * 1.04, outcome.name, rotation=40, ha="left", va="bottom", fontsize=9)
        for is_good, colour, marker, label in ((True, _GOOD, ".", "answered"), (False, _ERROR, "x", "error")):
            mine = [one for one in outcome.requests if one.is_good is is_good]
            latency.scatter(
                [one.begun + shift for one in mine],
                [max(one.milliseconds, 0.1) for one in mine],
                s=8 if is_good else 18,
                color=colour,
                marker=marker,
                linewidths=0.8,
                label=label if number == 0 else None,
            )
        offset += last - first + 1.0
    _finish(memory, latency, outcomes)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=110)
    plt.close(figure)


def _finish(memory: Any, latency: Any, outcomes: Sequence[Outcome]) -> None:
    limit = outcomes[0].limit_mib
    base = outcomes[0].base.predictions_ms
    memory.axhline(limit, color=_ERROR, linewidth=1, linestyle="--")
    memory.set(ylabel="resident memory, MiB (dashed: the limit)", ylim=(0, limit * 1.06))
    memory.set_title("The service under attack, one attack after the other", loc="left", pad=76)
    latency.axhline(
        3 * base, color="0.5", linewidth=1, linestyle="--", label=f"3 x its 99th percentile: {3 * base:.1f} ms"
    )
    latency.set(ylabel="the good client's requests, ms", xlabel="seconds; shaded while an attack lasts", yscale="log")
    latency.legend(frameon=False, loc="lower left", ncols=3, bbox_to_anchor=(0, 0.98))
    for axes in (memory, latency):
        axes.grid(alpha=0.3)
        axes.margins(x=0.01)
