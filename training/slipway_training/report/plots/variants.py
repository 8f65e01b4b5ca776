"""The variants of a graph against each other: what each costs, and how far it moves a prediction.

Down and to the left is better; the line joins those that no other beats on both, and the dashed one is what the gate
allows. Exact variants lie at the rounding of float32, or at the bottom where no bit changed. Names stand in a column
beside the plot, from where a thin line leads to each mark: marks lie close together, names need not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, StrMethodFormatter

from slipway_ml.contract.variant import Variant
from slipway_training.report.plots.style import BLUE, FAINT, FULL, GREEN, GRID, INK, VERMILLION, Plot, draw

_FLOOR = 1e-8
"""No change at all has no place on a logarithmic axis."""

_WIDE = 4.0
"""Costs that are further apart have a logarithmic axis; others are told better on a plain one."""

_LEAST_SPAN = 0.3
"""What a plain axis shows at least, as a share of the highest cost: a percent of latency must not look like much."""

_APART = 0.066
"""The least distance of two names in the column, in heights of the plot."""


@dataclass(frozen=True, slots=True)
class Point:
    """A variant where it lies: what it costs, and the largest change of a prediction on the rows it is evaluated on."""

    variant: Variant
    cost: float
    change: float


def cost_plots(variants: Sequence[Variant], chosen: str, allowed: float) -> tuple[Plot, Plot]:
    """Size and latency of the variants that were measured, the exported one first, against what they change."""
    measured = [one for one in variants if one.parity is not None]
    sizes = [(one.size or 0) / 1024 for one in measured]
    slow = geometric_mean(measured[0].latency_us.values())
    speeds = [geometric_mean(one.latency_us.values()) / slow for one in measured]
    return (
        variants_plot("sizes", points(measured, sizes), "KiB of the file", chosen, allowed),
        variants_plot("speeds", points(measured, speeds), "latency relative to the exported graph", chosen, allowed),
    )


def points(variants: Sequence[Variant], costs: Sequence[float]) -> list[Point]:
    """Of the variants that were measured, whose costs are given in their order."""
    found = []
    for variant, cost in zip(variants, costs, strict=True):
        if variant.parity is None:
            raise ValueError(f"variant {variant.name} was not measured")  # our bug
        judged = variant.parity.kinds[0] if variant.parity.kinds else variant.parity
        found.append(Point(variant, cost, max(judged.largest_difference, _FLOOR)))
    return found


def front(found: Sequence[Point]) -> list[Point]:
    """Those that passed and that no other beats on both, from cheap to exact."""
    best: list[Point] = []
    for one in sorted((point for point in found if point.variant.passed), key=lambda point: (point.cost, point.change)):
        if not best or one.change < best[-1].change:
            best.append(one)
    return best


def variants_plot(name: str, found: Sequence[Point], cost: str, chosen: str, allowed: float) -> Plot:
    """`cost` is the words below the axis, `chosen` the name of the published variant, `allowed` the gate's limit."""
    edge = front(found)

    def paint(axes: Axes) -> None:
        _scale(axes, [point.cost for point in found], [*(point.change for point in found), allowed])
        axes.step([p.cost for p in edge], [p.change for p in edge], where="post", color=FAINT, linewidth=1.0, zorder=1)
        axes.axhline(
            allowed, color=VERMILLION, linestyle=(0, (5, 1.5)), linewidth=1.0, zorder=1, label="what the gate allows"
        )
        for style in _STYLES:
            x, y = _places([point for point in found if style.suits(point.variant)])
            if x:
                axes.scatter(x, y, s=38, color=style.colour, marker=style.marker, label=style.name, zorder=3)
        x, y = _places([point for point in found if point.variant.name == chosen])
        axes.scatter(x, y, s=150, facecolors="none", edgecolors=INK, linewidths=1.4, label="published", zorder=4)
        _name_all(axes, found, chosen)
        axes.set_xlabel(cost)
        axes.set_ylabel("largest change of a prediction")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=5, borderpad=0, columnspacing=1.4)

    best = ", ".join(point.variant.name for point in edge)
    label = (
        f"Variants by {cost} and by the largest change of a prediction; on the Pareto front are {best}; {chosen} is "
        "published."
    )
    return draw(name, label, paint, FULL)


def _scale(axes: Axes, costs: Sequence[float], changes: Sequence[float]) -> None:
    """Room on all sides, and ticks in plain numbers."""
    low, high = min(costs), max(costs)
    if high > _WIDE * low:
        axes.set_xscale("log")
        axes.set_xlim(low / (high / low) ** 0.08, high * (high / low) ** 0.08)
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        room = max(0.08 * (high - low), (_LEAST_SPAN * high - (high - low)) / 2)
        axes.set_xlim(low - room, high + room)
    axes.set_yscale("log")
    axes.set_ylim(_FLOOR / 3, 3 * max(changes))
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: "none" if value <= _FLOOR else f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _places(found: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [point.cost for point in found], [point.change for point in found]


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    colour: str
    marker: str
    is_exact: bool
    passed: bool

    def suits(self, variant: Variant) -> bool:
        return variant.passed == self.passed and (not self.passed or (variant.guarantee == "exact") == self.is_exact)


_STYLES = (
    _Style("exact", GREEN, "o", is_exact=True, passed=True),
    _Style("within the gate", BLUE, "s", is_exact=False, passed=True),
    _Style("refused", FAINT, "x", is_exact=False, passed=False),
)


def _name_all(axes: Axes, found: Sequence[Point], chosen: str) -> None:
    """A column of names in the order of the marks, from the bottom up."""
    ordered = sorted(found, key=lambda point: (point.change, -point.cost))
    to_height = axes.transData + axes.transAxes.inverted()
    heights = spread([float(to_height.transform((point.cost, point.change))[1]) for point in ordered], _APART)
    for point, height in zip(ordered, heights, strict=True):
        colour = next(style.colour for style in _STYLES if style.suits(point.variant))
        axes.annotate(
            point.variant.name,
            (point.cost, point.change),
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            color=colour,
            fontsize=8.5,
            fontweight="bold" if point.variant.name == chosen else "normal",
            arrowprops={"arrowstyle": "-", "color": GRID, "linewidth": 0.7, "relpos": (0.0, 0.5), "shrinkB": 4},
            zorder=0,
        )


def spread(heights: Sequence[float], apart: float) -> list[float]:
    """Ascending heights between 0 and 1, moved as little as keeps them apart; closer where there is no room."""
    apart = min(apart, 1 / max(1, len(heights) - 1))
    moved = list(heights)
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + apart)
    top = 1.0
    for place in reversed(range(len(moved))):
        moved[place] = top = min(moved[place], top)
        top -= apart
    return moved
