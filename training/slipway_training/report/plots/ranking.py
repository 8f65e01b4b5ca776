"""How well probabilities rank the rows: the ROC curve and the precision-recall curve, of one class or of each.

A ROC curve of a good model is an empty square with a line along two of its sides, so its corner is shown enlarged.
"""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from slipway_training.report.plots.style import DASHES, FAINT, GRID, PAPER, SERIES, Plot, draw, shorten

Curve = tuple[NDArray[np.float64], NDArray[np.float64], float]
"""x, y, and the area below."""

_MOST_POINTS = 250
_MOST_NAMED = 4
_ENLARGED_FROM = 0.95
"""Least area below every curve."""

_REACHES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
_NEARLY_ALL = 0.975


def roc(
    truth: NDArray[np.int64], probabilities: NDArray[np.float64], labels: Sequence[str], classes: Sequence[int]
) -> Plot:
    """Of those classes, each against all others."""

    def curve(k: int) -> Curve:
        x, y, _ = roc_curve(truth == k, probabilities[:, k])
        return x, y, float(auc(x, y))

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
        _curves(axes, curve, labels, classes)
        axes.set(xlabel="false positive rate", ylabel="true positive rate (recall)", xlim=(-0.01, 1), ylim=(0, 1.01))
        _enlarge_corner(axes, [curve(k) for k in classes])

    return draw("roc", "ROC curve: true positive rate against false positive rate.", paint)


def _enlarge_corner(axes: Axes, curves: Sequence[Curve]) -> None:
    """Where the curves bend, in the empty part below them."""
    if min(area for _, _, area in curves) < _ENLARGED_FROM:
        return
    alarms = _reach(max(float(x[np.argmax(y >= _NEARLY_ALL)]) for x, y, _ in curves))
    missed = _reach(max(1 - float(y[np.flatnonzero(x <= alarms / 10)[-1]]) for x, y, _ in curves))
    inset = axes.inset_axes((0.36, 0.46, 0.6, 0.4))
    for line in axes.get_lines()[1:]:
        inset.plot(*line.get_data(), color=line.get_color(), linestyle=line.get_linestyle(), zorder=line.get_zorder())
    inset.set(xlim=(-0.02 * alarms, alarms), ylim=(1 - missed, 1 + 0.02 * missed))
    inset.set_title("the corner, enlarged", fontsize=9, color=FAINT, loc="left")
    inset.set_facecolor(PAPER)
    inset.tick_params(labelsize=8)
    inset.locator_params(nbins=4)
    axes.indicate_inset_zoom(inset, edgecolor=FAINT)
    axes.legend(loc="lower right")


def _reach(needed: float) -> float:
    return next((reach for reach in _REACHES if reach >= needed), _REACHES[-1])


def precision_recall(
    truth: NDArray[np.int64], probabilities: NDArray[np.float64], labels: Sequence[str], classes: Sequence[int]
) -> Plot:
    """Of those classes, each against all others."""

    def curve(k: int) -> Curve:
        precision, recall, _ = precision_recall_curve(truth == k, probabilities[:, k])
        return recall, precision, float(average_precision_score(truth == k, probabilities[:, k]))

    def paint(axes: Axes) -> None:
        if len(classes) == 1:
            axes.axhline((truth == classes[0]).mean(), color=FAINT, linewidth=1, linestyle=":")
        _curves(axes, curve, labels, classes)
        axes.set(
            xlabel="recall",
            ylabel="precision",
            xlim=(0, 1.01),
            ylim=(0, 1.01),
        )

    return draw("precision-recall", "Precision-recall curve: precision against recall.", paint)


def _curves(axes: Axes, curve: Callable[[int], Curve], labels: Sequence[str], classes: Sequence[int]) -> None:
    """One curve by name; of several the worst by name and the others in grey."""
    drawn = sorted(((curve(k), k) for k in classes), key=lambda one: (one[0][2], one[1]))
    for place, ((x, y, area), k) in reversed([*enumerate(drawn)]):
        is_named = place < _MOST_NAMED
        axes.plot(
            *_fewer(x, y),
            color=SERIES[place] if is_named else GRID,
            linestyle=DASHES[place] if is_named else "-",
            label=f"{shorten(labels[k], 18)}: area {area:.3f}" if is_named else None,
            zorder=3 if is_named else 2,
        )
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], loc="lower right" if axes.get_xlabel() == "" else "best")


def _fewer(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A curve of as many points as can be told apart."""
    if len(x) <= _MOST_POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, _MOST_POINTS).astype(int))
    return x[kept], y[kept]
