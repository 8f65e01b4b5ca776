"""The variants of a graph against each other: what each costs, and how far it moves an answer.

Both axes are logarithmic. Down and to the left is better; the line joins those that no other beats on both, and the
dashed one is what the gate allows. Exact variants lie at the rounding of float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, StrMethodFormatter

from app.contract.manifest import Variant
from training.report.plots.style import BLUE, FAINT, FULL, GREEN, INK, VERMILLION, Plot, draw

_FLOOR = 1e-8
"""No change at all has no place on a logarithmic axis."""

_WIDE = 4.0
_FINE = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
_BESIDE = 14
_ABOVE = (-18, -36, 24, -54, 40)
"""Where names stand beside their marks, in points, so that neighbours do not meet."""


@dataclass(frozen=True, slots=True)
class Point:
    """A variant where it lies: what it costs, and the largest change of an answer on the rows it is judged on."""

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
        variants_plot("speeds", points(measured, speeds), "latency beside the exported graph", chosen, allowed),
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
        _scale(axes, [point.cost for point in found])
        axes.step([p.cost for p in edge], [p.change for p in edge], where="post", color=FAINT, linewidth=1.0, zorder=1)
        axes.axhline(
            allowed, color=VERMILLION, linestyle=(0, (5, 1.5)), linewidth=1.0, zorder=1, label="what the gate allows"
        )
        for style in _STYLES:
            x, y = _places([point for point in found if style.suits(point.variant)])
            axes.scatter(x, y, s=38, color=style.colour, marker=style.marker, label=style.name, zorder=3)
        x, y = _places([point for point in found if point.variant.name == chosen])
        axes.scatter(x, y, s=150, facecolors="none", edgecolors=INK, linewidths=1.4, label="published", zorder=4)
        named = [point for point in found if point in edge or point.variant.name == chosen]
        for place, point in enumerate(sorted(named, key=lambda point: point.cost)):
            side = -1 if place and place + 1 == len(named) else 1
            _name(axes, point, side * _BESIDE, _ABOVE[place % len(_ABOVE)])
        axes.set_xlabel(cost)
        axes.set_ylabel("largest change of an answer")
        axes.margins(0.16, 0.2)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

    best = ", ".join(point.variant.name for point in edge)
    label = f"Variants by {cost} and by the largest change of an answer; unbeaten are {best}; {chosen} is published."
    return draw(name, label, paint, FULL)


def _scale(axes: Axes, costs: Sequence[float]) -> None:
    """Logarithmic, with ticks in plain numbers; costs that are close together have a few more of them."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if max(costs) > _WIDE * min(costs) else _FINE))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:.0e}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())


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


def _name(axes: Axes, point: Point, beside: float, above: float) -> None:
    axes.annotate(
        point.variant.name,
        (point.cost, point.change),
        xytext=(beside, above),
        textcoords="offset points",
        ha="right" if beside < 0 else "left",
        fontsize=8.5,
        arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.6},
    )
