"""plot_trials(search): every trial by what serving it costs and how it scored, with the front and what was taken."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from slipway_training.report.plots.style import FAINT, FULL, INK, MARKERS, SERIES, VERMILLION, Plot, draw
from slipway_training.selection.search import SearchOutcome
from slipway_training.selection.trials import CompletedTrial, finished

_AXES = {"latency": "microseconds for one row", "size": "bytes of the graph", "nothing": "trial"}
_LOWEST = 0.25
"""Of the trials that finished this share may lie below the picture: what went far wrong would press the rest flat."""
_NARROW = 4


def plot_trials(search: SearchOutcome) -> Plot:
    """One marker per family; what was stopped early is faint."""
    label = (
        f"{len(search.tried)} trials by {search.scoring} and {search.against}; "
        f"{len(search.front)} of them on the Pareto front, {search.chosen.family} chosen"
    )
    return draw("trials", label, lambda axes: _paint(axes, search), FULL)


def _paint(axes: Axes, search: SearchOutcome) -> None:
    done = finished(search.tried)
    stopped = [one for one in search.tried if one.state == "stopped" and one.scores]
    axes.scatter(
        *_places(stopped, search), marker="x", s=18, color=FAINT, linewidths=0.8, label="stopped early", clip_on=False
    )
    for place, family in enumerate(sorted({one.family for one in done})):
        own = [one for one in done if one.family == family]
        marker, colour = MARKERS[place % len(MARKERS)], SERIES[place % len(SERIES)]
        look: dict[str, Any] = {"marker": marker, "color": colour, "alpha": 0.75, "linewidths": 0}
        axes.scatter(*_places(own, search), s=26, label=family, clip_on=False, **look)
    x, y = _places(list(search.front), search)
    axes.step(x, y, where="post", color=INK, linewidth=1.0, label="Pareto front")
    (chosen_x,), (chosen_y,) = _places([search.chosen], search)
    error = search.chosen.standard_error
    axes.errorbar(chosen_x, chosen_y, yerr=error, color=VERMILLION, linewidth=1.2, capsize=3)
    axes.scatter([chosen_x], [chosen_y], s=150, facecolors="none", edgecolors=VERMILLION, linewidths=1.8, label="taken")
    axes.set_ylim(*_limits(done, search))
    if search.against != "nothing":
        _scale(axes, [one.expense(search.against) for one in done])
    axes.set_xlabel(_AXES[search.against])
    axes.set_ylabel(search.scoring.replace("_", " "))
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))


def _places(trials: list[CompletedTrial], search: SearchOutcome) -> tuple[list[float], list[float]]:
    """What lies below the picture is drawn on its lower edge."""
    x = [float(one.number) if search.against == "nothing" else one.expense(search.against) for one in trials]
    low, _ = _limits(finished(search.tried), search)
    return x, [max(one.score, low) for one in trials]


def _limits(done: list[CompletedTrial], search: SearchOutcome) -> tuple[float, float]:
    scores = sorted(one.score for one in done)
    low, high = scores[int(len(scores) * _LOWEST)], scores[-1]
    margin = max(0.3 * (high - low), 1.2 * search.chosen.standard_error, 1e-6)
    return low - margin, high + margin


def _scale(axes: Axes, values: list[float]) -> None:
    """Logarithmic, with ticks in plain numbers; a narrow range is drawn as it is."""
    if max(values) < _NARROW * min(values):
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_locator(NullLocator())
