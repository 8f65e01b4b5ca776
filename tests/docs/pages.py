"""The pages of the repository: Markdown that git tracks, and what is read out of them."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    if (ROOT / name).exists()
]
GENERATED = {ROOT / "docs" / "reference" / f"{name}.md" for name in ("cli", "settings", "training-config")}
_FENCE = re.compile(r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)]*))?\)")
_TABLE_OF_VALUES = re.compile(r"<!-- values:.*?<!-- /values -->", re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every code block."""
    return [(match["language"], match["text"]) for match in _FENCE.finditer(page.read_text())]


def prose(page: Path) -> str:
    """The page without code blocks and without the chart's generated table of values, line for line."""
    text = page.read_text()
    for pattern in (_FENCE, _TABLE_OF_VALUES):
        text = pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
    return text


def headings(page: Path) -> list[tuple[int, str]]:
    """Level and text of every heading."""
    found = re.findall(r"^(#+) (.+)$", prose(page), re.MULTILINE)
    return [(len(marks), text) for marks, text in found]


def anchors(page: Path) -> set[str]:
    """The anchors that the headings get on GitHub."""
    kept = (re.sub(r"[^\w\- ]", "", text.lower()) for _, text in headings(page))
    return {text.replace(" ", "-") for text in kept}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Target and anchor of every relative link."""
    for match in _LINK.finditer(prose(page)):
        target = (page.parent / match["path"]).resolve() if match["path"] else page
        yield target, match["anchor"] or ""
