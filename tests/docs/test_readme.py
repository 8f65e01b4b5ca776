"""Every command of the README is run, and the responses printed under the requests are those that come."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server import Server, running_server

pytestmark = pytest.mark.timeout(1800)  # the demo trains two models, on a machine that may be busy

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"```sh\n(?P<command>.+?)\n```(?:\n\n```text\n(?P<output>.+?)\n```)?", re.DOTALL)
TEST_COMMAND = "scripts/test"  # running it from here would run this test again
BLOCKS = {match["command"]: match["output"] for match in BLOCK.finditer(README) if match["command"] != TEST_COMMAND}
REQUESTS = {command: output for command, output in BLOCKS.items() if command.startswith("curl")}


def run(command: str, models: Path, port: str = "0") -> str:
    environment = {**os.environ, "SLIPWAY_MODELS": str(models), "SLIPWAY_PORT": port}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@dataclass(frozen=True)
class Followed:
    """What somebody has who followed the README: a folder of models, and what each command printed."""

    models: Path
    printed: dict[str, str]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The README's commands in its order, each of which must end well."""
    folder = tmp_path_factory.mktemp("models")
    commands = [command for command in BLOCKS if command not in REQUESTS]
    once = (command.replace("scripts/demo", "scripts/demo --once") for command in commands)
    return Followed(
        folder, {command: run(line, folder, free_port()) for command, line in zip(commands, once, strict=True)}
    )


@pytest.fixture(scope="module")
def server(followed: Followed) -> Iterator[Server]:
    with running_server(followed.models) as server:
        yield server


def test_readme_names_the_two_commands() -> None:
    assert "```sh\nscripts/demo\n```" in README
    assert f"```sh\n{TEST_COMMAND}\n```" in README


def test_commands_work(followed: Followed) -> None:
    """The last of them lists what the others made."""
    assert list(followed.printed) == [command for command in BLOCKS if command not in REQUESTS]
    for name in ("breast_cancer", "digits", "titanic"):
        assert name in followed.printed[".venv/bin/slipway models list"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("command", REQUESTS)
def test_request_is_answered_as_printed(command: str, server: Server) -> None:
    printed = run(command.replace("localhost:8000", server.address), Path("unused"))

    assert _without_ids(printed) == _without_ids(REQUESTS[command])


def test_demo_prints_what_the_readme_says(followed: Followed) -> None:
    for line in BLOCKS["scripts/demo"].splitlines():
        if line.startswith("POST "):
            assert line in followed.printed["scripts/demo"]


def _without_ids(text: str) -> str:
    return re.sub(r'"request_id":"[^"]+"', '"request_id":"…"', text.strip())
