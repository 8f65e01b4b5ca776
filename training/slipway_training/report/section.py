"""Section: one part of a report: a title, a sentence that says what it shows, and plots, tables and sentences in order.

A section is data; how it looks is the page's matter. Texts are plain, and are escaped where they become HTML.
"""

from dataclasses import dataclass

from slipway_training.report.plots.style import Plot


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of text under headings; columns named in `numbers` are aligned to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with the sentence below it that says how to read it."""

    plot: Plot
    caption: str


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number for those who read nothing else: `grade` is good, warning or empty."""

    name: str
    value: str
    remark: str
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    text: str


Block = TextTable | Figure | KeyFigure | Paragraph


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is a word that no other section of the page has."""

    name: str
    title: str
    lead: str
    blocks: tuple[Block, ...]
