"""Calibration: of the rows with a predicted probability of 0.8, eight in ten should be of the class.

Rows are put into ten groups of equal size by their probability, as far as equal probabilities allow.
"""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from slipway_training.evaluation.bootstrap import wilson
from slipway_training.report.plots.style import BLUE, FAINT, Plot, draw

_GROUPS = 10
_CROWDED = 0.5


def reliability(is_class: NDArray[np.bool_], probability: NDArray[np.float64], confidence: float) -> Plot:
    """Predicted against observed share, with Wilson's interval of each group."""
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, _GROUPS + 1)[1:-1]))
    group = np.searchsorted(edges, probability, side="left")
    groups = [group == number for number in np.unique(group)]
    said = np.array([probability[rows].mean() for rows in groups])
    seen = np.array([is_class[rows].mean() for rows in groups])
    reach = np.array(
        [wilson(float(share), int(rows.sum()), confidence) for share, rows in zip(seen, groups, strict=True)]
    )

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
        axes.vlines(said, reach[:, 0], reach[:, 1], color=BLUE, linewidth=1.2, alpha=0.6)
        axes.plot(said, seen, marker="o", color=BLUE, markersize=5)
        top = max(float(said.max()), float(reach.max()))
        end = top * 1.05 if top < _CROWDED else 1.0  # of a rare class, all groups lie near nothing
        limits = (-0.02 * end, 1.02 * end)
        axes.set(xlabel="predicted probability", ylabel="observed frequency", xlim=limits, ylim=limits)

    return draw("reliability", "Calibration: observed frequency against predicted probability.", paint)
