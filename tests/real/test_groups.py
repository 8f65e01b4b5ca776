"""The groups are what the documents and CI say they are."""

import re
import subprocess
import sys

from tests.real.groups import GROUPS, ROOT, Group


def test_page_of_the_tests_names_every_group_and_no_other() -> None:
    page = (ROOT / "docs" / "explanation" / "tests.md").read_text()

    assert re.findall(r"^\| `scripts/real (\w+)` \|", page, re.MULTILINE) == list(GROUPS)


def test_ci_installs_what_its_groups_need() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    of_ci = {name: group.package.split() for name, group in GROUPS.items() if group.is_in_ci}

    assert [name for name, packages in of_ci.items() if not all(one in script for one in packages)] == []


def test_tests_of_every_group_are_there() -> None:
    assert [path for group in GROUPS.values() for path in group.paths if not (ROOT / path).is_file()] == []


def test_missing_program_is_told_with_its_name() -> None:
    assert Group(("no-such-program", "sh"), "none", ()).missing() == ["no-such-program"]


def test_unknown_group_is_told_which_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.real.groups", "moon"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert all(name in done.stderr for name in GROUPS)
