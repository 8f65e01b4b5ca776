"""plot_curve(curve): the score on rows trained on and on others, along the rows or a parameter."""

from matplotlib.axes import Axes

from slipway_training.report.plots.style import BLUE, DASHES, FAINT, VERMILLION, Plot, draw
from slipway_training.selection.curves import Curve


def plot_curve(curve: Curve) -> Plot:
    """One picture for one curve."""
    last = curve.points[-1]
    label = (
        f"{curve.scoring} along {curve.along}: {last.unseen:.4f} in validation at the right end, "
        f"{last.learnt:.4f} on the training rows"
    )
    return draw(f"curve-{curve.along}", label, lambda axes: _paint(axes, curve))


def _paint(axes: Axes, curve: Curve) -> None:
    at = [point.at for point in curve.points]
    unseen = [point.unseen for point in curve.points]
    low = [point.unseen - point.standard_error for point in curve.points]
    high = [point.unseen + point.standard_error for point in curve.points]
    axes.fill_between(at, low, high, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(at, unseen, color=BLUE, marker="o", markersize=4, label="validation")
    learnt = [point.learnt for point in curve.points]
    axes.plot(at, learnt, color=VERMILLION, linestyle=DASHES[1], marker="s", markersize=3.5, label="training")
    if curve.chosen is not None and min(at) <= curve.chosen <= max(at):
        axes.axvline(curve.chosen, color=FAINT, linewidth=0.9, linestyle=DASHES[2])
    if curve.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("training rows" if curve.along == "rows" else curve.along)
    axes.set_ylabel(curve.scoring.replace("_", " "))
    axes.legend(loc="best")
