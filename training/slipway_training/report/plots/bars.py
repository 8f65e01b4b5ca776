"""Named figures below one another, each with the range it may lie in: importances, slices, shifts of columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from slipway_training.report.plots.style import BLUE, FAINT, HALF, VERMILLION, Plot, draw, shorten

_LONGEST_NAME = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One line; `stands_out` draws it in the other colour."""

    name: str
    value: float
    interval: tuple[float, float] | None = None
    stands_out: bool = False


def bars(
    name: str, label: str, lines: Sequence[Bar], axis: str, *, reference: float | None = None, width: float = HALF[0]
) -> Plot:
    """Bars from zero, first line on top; `reference` is a value that all are to be seen beside."""
    return draw(name, label, lambda axes: _paint(axes, lines, axis, reference, is_bar=True), (width, _height(lines)))


def dots(
    name: str, label: str, lines: Sequence[Bar], axis: str, *, reference: float | None = None, width: float = HALF[0]
) -> Plot:
    """The same as points, for figures whose zero means nothing."""
    return draw(name, label, lambda axes: _paint(axes, lines, axis, reference, is_bar=False), (width, _height(lines)))


def _height(lines: Sequence[Bar]) -> float:
    return 0.75 + 0.27 * max(len(lines), 2)


def _paint(axes: Axes, lines: Sequence[Bar], axis: str, reference: float | None, *, is_bar: bool) -> None:
    places = range(len(lines))
    colours = [VERMILLION if one.stands_out else BLUE for one in lines]
    if is_bar:
        axes.barh(places, [one.value for one in lines], height=0.62, color=colours, alpha=0.85)
    for place, one, colour in zip(places, lines, colours, strict=True):
        if one.interval is not None:
            axes.hlines(place, *one.interval, color=FAINT if is_bar else colour, linewidth=1.6)
        if not is_bar:
            marker = "s" if one.stands_out else "o"
            axes.plot([one.value], [place], marker=marker, markersize=6, color=colour)
    if reference is not None:
        axes.axvline(reference, color=FAINT, linewidth=1.2, linestyle=":")
    axes.set_yticks(places, [shorten(one.name, _LONGEST_NAME) for one in lines])
    axes.set(xlabel=axis, ylim=(len(lines) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
