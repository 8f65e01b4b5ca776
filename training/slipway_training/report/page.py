"""render(trained): the report, one HTML page that needs nothing else: no script, no font, no picture from elsewhere.

Each section is a function of what was trained, which is None where there is nothing to show. What they say is
escaped by the template; plots come as SVG that is escaped already.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from slipway_training.candidate import Trained
from slipway_training.report.plots.style import DARK, JOINS, VARIABLES
from slipway_training.report.section import Block, Figure, KeyFigure, Paragraph, Section
from slipway_training.report.sections.columns import columns
from slipway_training.report.sections.curves import curves
from slipway_training.report.sections.data import data
from slipway_training.report.sections.decisions import decisions
from slipway_training.report.sections.errors import errors
from slipway_training.report.sections.origin import origin
from slipway_training.report.sections.parity import parity
from slipway_training.report.sections.scores import scores
from slipway_training.report.sections.search import search
from slipway_training.report.sections.slices import slices
from slipway_training.report.sections.summary import summary
from slipway_training.report.sections.variants import variants

FAILED = "A mistake in Slipway itself; please report it."
SECTIONS: tuple[Callable[[Trained], Section | None], ...] = (
    summary,
    scores,
    errors,
    decisions,
    slices,
    columns,
    search,
    curves,
    variants,
    parity,
    data,
    origin,
)


def render(trained: Trained) -> str:
    """The page; equal input gives equal text."""
    sections = [section for write in SECTIONS if (section := _section(write, trained)) is not None]
    return _template().render(config=trained.config, sections=sections, light=_colours(), dark=_colours(DARK)) + "\n"


def _section(write: Callable[[Trained], Section | None], trained: Trained) -> Section | None:
    try:
        return write(trained)
    except Exception as error:  # noqa: BLE001  # a plot less is no reason to lose a model that took hours
        name = write.__name__
        sentence = f"This section could not be written ({type(error).__name__}); the model is not concerned."
        return Section(name, name.capitalize(), FAILED, (Paragraph(sentence),))


def _colours(values: dict[str, str] | None = None) -> Markup:
    return Markup(";".join(f"{name}:{(values or {}).get(colour, colour)}" for colour, name in VARIABLES.items()))  # noqa: S704  # our own constants


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.tests["figure"] = lambda block: isinstance(block, Figure)
    environment.tests["key_figure"] = lambda block: isinstance(block, KeyFigure)
    environment.tests["paragraph"] = lambda block: isinstance(block, Paragraph)
    environment.filters["svg"] = _svg
    environment.globals["joins"] = Markup(JOINS)  # noqa: S704  # as above
    return environment.from_string((files("slipway_training.report") / "page.html").read_text("utf-8"))


def _svg(block: Block) -> Markup:
    if not isinstance(block, Figure):
        raise TypeError("only figures have a picture")  # our bug
    return Markup(block.plot.svg)  # noqa: S704  # the plot has escaped the user's text
