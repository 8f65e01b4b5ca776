"""The workflows do nothing of their own: every step is a script that runs the same on any machine."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def _steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@every_workflow
def test_every_command_is_one_script(path: Path) -> None:
    commands = [step["run"].split() for step in _steps(path) if "run" in step]

    assert commands != []
    assert [command for command in commands if not command[0].startswith("scripts/")] == []


@every_workflow
def test_token_can_only_read(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


@every_workflow
def test_checkout_leaves_no_credentials_behind(path: Path) -> None:
    checkouts = [step for step in _steps(path) if step.get("uses", "").startswith("actions/checkout@")]

    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(checkouts)


@every_workflow
def test_jobs_have_a_time_limit(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text())["jobs"]

    assert [name for name, job in jobs.items() if "timeout-minutes" not in job] == []


def test_checks_run_on_the_oldest_and_the_newest_python() -> None:
    check = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text())

    assert check["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
