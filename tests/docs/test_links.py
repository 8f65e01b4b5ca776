"""Links between pages lead somewhere."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(#[^)]*)?\)")


def broken_links(page: Path) -> list[str]:
    return [link[0] for link in LINK.findall(page.read_text()) if not (page.parent / link[0]).exists()]


def test_relative_links_exist() -> None:
    tracked = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {page: broken_links(ROOT / page) for page in tracked.stdout.split()}

    assert {page: links for page, links in found.items() if links} == {}
    assert found
