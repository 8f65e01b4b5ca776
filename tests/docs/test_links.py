"""Links between pages lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(#[^)]*)?\)")


@pytest.mark.parametrize("page", TRACKED)
def test_relative_links_exist(page: str) -> None:
    path = ROOT / page
    broken = [link[0] for link in LINK.findall(path.read_text()) if not (path.parent / link[0]).exists()]

    assert broken == []
