"""Cost at every decision threshold, or, where no costs were configured, recall and precision.

A threshold near 0, as that of a rare class, stands on an axis by orders of magnitude.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from slipway_training.report.plots.style import BLUE, DASHES, FAINT, GREEN, VERMILLION, Plot, draw

_MOST_POINTS = 300
_NEAR_NOTHING = 0.1
_REACH = 30
"""By what factor the axis begins below the threshold."""


def cost_by_threshold(curves: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64]]], chosen: float) -> Plot:
    """Curves are (name, thresholds, cost per row); beside them the chosen threshold and one half."""

    def paint(axes: Axes) -> None:
        for (name, thresholds, costs), colour, dash in zip(curves, (BLUE, VERMILLION), DASHES, strict=False):
            seen = np.flatnonzero(thresholds >= _start(chosen))
            kept = seen[np.unique(np.linspace(0, len(seen) - 1, _MOST_POINTS).astype(int))]
            axes.plot(thresholds[kept], costs[kept], color=colour, linestyle=dash, label=name, drawstyle="steps-mid")
        axes.axvline(0.5, color=FAINT, linewidth=1, linestyle=":", label="0.5, the default")
        axes.axvline(chosen, color=GREEN, linewidth=1.4, label=f"{chosen:.3g}, in the graph")
        axes.set(xlabel="threshold of the probability", ylabel="cost per row")
        _span(axes, chosen)
        axes.legend(loc="best")

    return draw("threshold-cost", "Cost per row for every decision threshold.", paint)


def _span(axes: Axes, chosen: float) -> None:
    start = _start(chosen)
    if start > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(start, 1)


def _start(chosen: float) -> float:
    return chosen / _REACH if 0 < chosen < _NEAR_NOTHING else 0.0


def found_by_threshold(is_positive: NDArray[np.bool_], probability: NDArray[np.float64], chosen: float) -> Plot:
    """Recall and precision of every threshold."""
    thresholds = np.unique(np.concatenate([np.linspace(0, 1, 101), chosen * np.geomspace(1 / _REACH, 1, 60)]))
    flagged = probability[None, :] >= thresholds[:, None]
    right = (flagged & is_positive).sum(axis=1)
    recall = right / max(int(is_positive.sum()), 1)
    precision = np.where(flagged.any(axis=1), right / np.maximum(flagged.sum(axis=1), 1), np.nan)

    def paint(axes: Axes) -> None:
        axes.plot(thresholds, recall, color=BLUE, label="recall")
        axes.plot(thresholds, precision, color=VERMILLION, linestyle=DASHES[1], label="precision")
        axes.axvline(chosen, color=FAINT, linewidth=1.2, linestyle=":", label=f"threshold of the model, {chosen:.3g}")
        axes.set(xlabel="threshold of the probability", ylabel="share", ylim=(0, 1.02))
        _span(axes, chosen)
        axes.legend(loc="lower center")

    return draw("threshold-found", "Recall and precision for every decision threshold.", paint)
