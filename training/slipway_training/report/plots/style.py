"""How every plot of a report looks, and how it becomes SVG: `draw(name, label, paint)`, where `paint` fills one axes.

matplotlib draws with the colours below; in the SVG each becomes a CSS variable with that colour as its fallback, so
that a page may give it another value on a dark background. The hues are those that Okabe and Ito chose for the
colour-blind (Color Universal Design, 2008), a little darker; tell series apart by dashes or markers too. The same
drawing gives the same bytes: ids are derived from the name, coordinates have two decimals.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from cycler import cycler  # comes with matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1b2733"
FAINT = "#5d6975"
GRID = "#dde2e7"
PAPER = "#fefefe"
BLUE = "#0072b2"
VERMILLION = "#c8500a"
GREEN = "#00805d"
AMBER = "#b07800"
PURPLE = "#a34f86"
SERIES = (BLUE, VERMILLION, GREEN, AMBER, PURPLE)
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v")

HALF = (4.7, 3.7)
"""Inches of a plot that shares its line of the page with another."""
FULL = (9.6, 3.7)
"""Inches of a plot that has the line to itself."""

DARK = {
    INK: "#e8edf2",
    FAINT: "#a3afba",
    GRID: "#38424c",
    PAPER: "#151b21",
    BLUE: "#5fb2ea",
    VERMILLION: "#f5874a",
    GREEN: "#41c9a2",
    AMBER: "#eab54c",
    PURPLE: "#e29ac6",
}
VARIABLES = {
    INK: "--ink",
    FAINT: "--faint",
    GRID: "--grid",
    PAPER: "--paper",
    BLUE: "--blue",
    VERMILLION: "--vermillion",
    GREEN: "--green",
    AMBER: "--amber",
    PURPLE: "--purple",
}
_RULES: dict[str, Any] = {
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=SERIES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.8,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and scaled
    "text.color": INK,
    "text.parse_math": False,  # a column may be called $\alpha
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9,
}
JOINS = ".plot * { stroke-linejoin: round; stroke-linecap: butt }"
"""CSS that a page of plots needs."""

_FONTS = "'DejaVu Sans', Verdana, sans-serif"
_NAMESPACE = "http://www.w3.org/2000/svg"
_TOO_LONG = 28


@dataclass(frozen=True, slots=True)
class Plot:
    """`svg` is one <svg> element for the inside of an HTML page; `label` says in a sentence what can be seen."""

    name: str
    label: str
    svg: str
    is_wide: bool = False

    def standalone(self) -> bytes:
        """The same as a file of its own, which follows the reader's light or dark setting."""
        dark = ";".join(f"{VARIABLES[light]}:{colour}" for light, colour in DARK.items())
        rule = f"@media (prefers-color-scheme: dark) {{ svg {{ background: {DARK[PAPER]}; {dark} }} }}"
        head, rest = self.svg.split(">", 1)
        return f'{head} xmlns="{_NAMESPACE}"><style>{JOINS} {rule}</style>{rest}\n'.encode()


def draw(name: str, label: str, paint: Callable[[Axes], None], size: tuple[float, float] = HALF) -> Plot:
    """A plot; `name` is a word that no other plot of the page has, `size` is in inches."""
    # Other threads and the user's own settings are left alone, and the user's do not reach in here.
    rules: dict[Any, Any] = {**mpl.rcParamsDefault, **_RULES, "svg.hashsalt": name, "backend": "agg"}
    with mpl.rc_context(rules):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure.add_subplot())
        content = io.StringIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Plot(name, label, _inline(content.getvalue(), name, label), size[0] > HALF[0])


def shorten(text: str, longest: int = _TOO_LONG) -> str:
    """Text that fits beside an axis; what was cut is marked."""
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _inline(document: str, name: str, label: str) -> str:
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", svg, flags=re.DOTALL)
    size = re.search(r'viewBox="([^"]*)"', svg)
    if size is None:
        raise AssertionError("matplotlib wrote an SVG without a size")  # our bug
    # The head is written anew, without the namespaces that HTML knows by itself.
    body = svg.split(">", 1)[1].strip()
    used = set(re.findall(r"<[^>]*?(?:url\(#|href=\"#)([^\")]+)", body))
    # Only inside of tags: the text between them is the user's, and stays as it is.
    body = re.sub(r"<[^>]+>", lambda tag: _tag(tag.group(), name, used), body)
    text = escape(label, {'"': "&quot;"})
    width = size.group(1).split()[2]
    return f'<svg class="plot" role="img" aria-label="{text}" viewBox="{size.group(1)}" width="{width}pt">{body}'


def _tag(tag: str, name: str, used: set[str]) -> str:
    """Shorter, in variables for colours, and with ids that no other plot of the page has."""
    tag = re.sub(r"font-family:[^;\"]*", f"font-family: {_FONTS}", tag)
    tag = re.sub(r" ?transform=\"rotate\(-0 [^\"]*\)\"", "", tag)
    tag = re.sub(r"\d+\.\d{3,}", _two_decimals, tag)
    tag = re.sub(r"\s+", " ", tag).replace("xlink:href", "href")
    for colour, variable in VARIABLES.items():
        tag = tag.replace(colour, f"var({variable}, {colour})")
    tag = re.sub(r' id="([^"]*)"', lambda own: f' id="{name}-{own.group(1)}"' if own.group(1) in used else "", tag)
    return re.sub(r"(url\(#|href=\"#)", rf"\g<1>{name}-", tag)


def _two_decimals(number: re.Match[str]) -> str:
    return f"{float(number.group()):.2f}".rstrip("0").rstrip(".")
