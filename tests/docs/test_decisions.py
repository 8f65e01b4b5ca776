"""Decisions have one form, and the code names only those that exist."""

import re
from pathlib import Path

import pytest

from scripts.decisions_index import decisions, read_decision
from tests.docs.pages import ROOT

NAMED = re.compile(r"\bdecisions? (\d+)\b")
SOURCES = ("slipway_ml", "slipway_training", "slipway_loadtests", "tests", "scripts", "helm")


def test_no_number_is_used_twice() -> None:
    numbers = [number for page in decisions() for number in (page.number, *page.replaces)]

    assert sorted(set(numbers)) == sorted(numbers)


def test_page_without_a_status_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "0200-a-page.md"
    page.write_text("# 200. A page\n\n## Context\n\nA.\n\n## Decision\n\nB.\n\n## Consequences\n\nC.\n")

    with pytest.raises(ValueError, match="title, status, date and sections"):
        read_decision(page)


def test_decisions_that_the_sources_name_exist() -> None:
    pages = {page.number for page in decisions()}
    files = [
        path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yaml", ".md"}
    ]

    named = {int(number) for path in files for number in NAMED.findall(path.read_text())}

    assert named <= pages
