"""Links between pages lead somewhere, and every page can be found."""

from pathlib import Path

from tests.docs.pages import PAGES, ROOT, anchors, links, name


def test_relative_links_exist() -> None:
    broken = {f"{name(page)}: {target}" for page in PAGES for target, _ in links(page) if not target.exists()}

    assert broken == set()


def test_anchors_of_links_exist() -> None:
    broken = {
        f"{name(page)}: {name(target)}#{anchor}"
        for page in PAGES
        for target, anchor in links(page)
        if anchor and target.suffix == ".md" and target.exists() and anchor not in anchors(target)
    }

    assert broken == set()


def test_every_page_is_reached_from_the_readme() -> None:
    found: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        found.add(page)
        waiting += [target for target, _ in links(page) if target.suffix == ".md" and target not in found]

    assert {name(page) for page in set(PAGES) - found} == set()
