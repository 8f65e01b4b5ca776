"""Markup as a browser takes it apart: elements, attributes, texts, and what is closed where it should not be."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "path", "use", "br", "rect"})


@dataclass
class Markup:
    """What was found, in the order of the page."""

    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)


def read(content: str) -> Markup:
    """Take a page or a fragment apart."""
    parser = _Parser()
    parser.feed(content)
    parser.close()
    parser.found.unbalanced += parser.open
    return parser.found


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Markup()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append(tag)
        self.found.ids += [value for name, value in attrs if name == "id" and value]
        self.found.labels += [value for name, value in attrs if name == "aria-label" and value]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and (not self.open or self.open.pop() != tag):
            self.found.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.texts.append(data)
