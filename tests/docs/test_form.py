"""Pages render: one title, headings in order, code blocks with a language; and their words are the field's."""

import itertools
import re
from pathlib import Path

from tests.docs.pages import GENERATED, PAGES, ROOT, blocks, headings, name, prose

IDIOMS = [
    line
    for line in (ROOT / "tests" / "docs" / "idioms.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def test_page_has_one_title() -> None:
    titles = {name(page): [text for level, text in headings(page) if level == 1] for page in PAGES}

    assert {page: found for page, found in titles.items() if len(found) != 1} == {}


def test_headings_leave_out_no_level() -> None:
    # Alerts link the sections of the runbooks, which are a list and not a hierarchy.
    pages = [page for page in PAGES if page.name != "respond-to-alerts.md"]
    levels = {name(page): [level for level, _ in headings(page)] for page in pages}

    assert [page for page, found in levels.items() if any(b - a > 1 for a, b in itertools.pairwise(found))] == []


def test_code_blocks_name_their_language() -> None:
    assert [name(page) for page in PAGES if any(not language for language, _ in blocks(page))] == []


def _words(page: Path) -> str:
    """Without what stands in backticks, which is quoted."""
    return " ".join(re.sub(r"`[^`]*`", "", prose(page)).split())


def test_pages_use_the_terms_of_the_field() -> None:
    found = [
        f"{name(page)}: {match[0]!r}"
        for page in PAGES
        if page not in GENERATED
        for idiom in IDIOMS
        for match in re.finditer(idiom, _words(page), re.IGNORECASE)
    ]

    assert found == []
