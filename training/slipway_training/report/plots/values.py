"""Predictions against the truth, and residuals against predictions."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from slipway_training.report.plots.style import BLUE, FAINT, PAPER, VERMILLION, Plot, draw

_MOST_POINTS = 1000
_GROUPS = 8
_FEWEST = 40


def predicted_against_actual(truth: NDArray[np.float64], given: NDArray[np.float64]) -> Plot:
    """One point a row, at most a thousand of them."""

    def paint(axes: Axes) -> None:
        ends = [min(truth.min(), given.min()), max(truth.max(), given.max())]
        axes.plot(ends, ends, color=FAINT, linewidth=1, linestyle=":")
        _points(axes, truth, given)
        axes.set(xlabel="truth", ylabel="prediction")

    return draw("predicted-actual", "Predictions against the truth, one point per row.", paint)


def residuals(truth: NDArray[np.float64], given: NDArray[np.float64]) -> Plot:
    """Prediction minus truth by prediction, with the median of each eighth of the rows, which should lie on zero."""

    def paint(axes: Axes) -> None:
        axes.axhline(0, color=FAINT, linewidth=1, linestyle=":")
        _points(axes, given, given - truth)
        if len(given) >= _FEWEST:
            parts = np.array_split(np.argsort(given, kind="stable"), _GROUPS)
            where = [np.median(given[rows]) for rows in parts]
            middle = [np.median((given - truth)[rows]) for rows in parts]
            axes.plot(
                where, middle, color=VERMILLION, marker="s", markersize=4.5, label="median of an eighth of the rows"
            )
            axes.legend(loc="best")
        axes.set(xlabel="prediction", ylabel="residual")

    return draw("residuals", "Residuals: prediction minus truth against the prediction.", paint)


def _points(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).astype(int))
    axes.plot(
        x[rows],
        y[rows],
        linestyle="none",
        marker="o",
        markersize=4.5,
        color=BLUE,
        alpha=0.55,
        markeredgecolor=PAPER,
        markeredgewidth=0.4,
    )
