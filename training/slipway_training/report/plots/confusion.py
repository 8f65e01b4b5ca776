"""Which class is taken for which: a table of counts, shaded by the share of the true class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from slipway_training.report.plots.style import BLUE, FULL, HALF, INK, PAPER, VERMILLION, Plot, draw, shorten

_MOST = 12
_FEW = 4
_SHORT = 3
_DARK = 0.55
_FAINTEST = 0.06


def confusion(truth: NDArray[np.int64], given: NDArray[np.int64], labels: Sequence[str]) -> Plot:
    """Of more than twelve classes, the most frequent eleven and all others together."""
    names = [shorten(label, 14) for label in labels]
    if len(labels) > _MOST:
        kept = np.argsort(-np.bincount(truth, minlength=len(labels)), kind="stable")[: _MOST - 1]
        place = np.full(len(labels), _MOST - 1)
        place[kept] = np.arange(_MOST - 1)
        truth, given, names = place[truth], place[given], [*(names[k] for k in kept), "all others"]
    size = len(names)
    counts = np.bincount(truth * size + given, minlength=size * size).reshape(size, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def paint(axes: Axes) -> None:
        axes.grid(visible=False)
        for row in range(size):
            for column in range(size):
                if not counts[row, column]:
                    continue
                colour, share = BLUE if row == column else VERMILLION, shares[row, column]
                alpha = _FAINTEST + (1 - _FAINTEST) * share**0.5
                axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, alpha=alpha, linewidth=0))
                text = PAPER if alpha > _DARK else INK
                axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=text)
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="prediction", ylabel="truth")
        axes.set_xticks(
            range(size), names, rotation=0 if size <= _FEW else 40, ha="center" if size <= _FEW else "right"
        )
        axes.set_yticks(range(size), names)
        axes.tick_params(length=0)

    width, height = HALF if size <= _FEW else (FULL[0] * 0.62, FULL[1] * 1.25)
    return draw("confusion", "Confusion matrix: rows by true class and predicted class.", paint, (width, height))
