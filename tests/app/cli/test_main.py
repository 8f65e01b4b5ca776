"""The command as people run it: what it lists, what it says when something is wrong, and with which exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slipway_ml import __version__
from slipway_ml.cli.main import cli

REPOSITORY = Path(__file__).parents[3]
WITHOUT = """
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from slipway_ml.cli.main import run
run()
"""


def slipway(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_python("-m", "slipway_ml", *arguments, **environment)


def slipway_without(packages: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where these packages cannot be imported."""
    return run_python("-c", WITHOUT, packages, *arguments)


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    env = {**os.environ, "COLUMNS": "200", **environment}
    return subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)


def test_help_lists_the_commands_of_every_package_under_their_headings() -> None:
    result = CliRunner().invoke(cli, ["--help"])

    assert result.exit_code == 0
    sections = {part.partition(":\n")[0]: part.partition(":\n")[2] for part in result.output.split("\n\n")[3:-1]}
    listed = {heading: [line.split()[0] for line in lines.splitlines()] for heading, lines in sections.items()}
    assert listed == {
        "Make": ["train", "init", "data", "export", "import", "optimize", "verify"],
        "Serve": ["serve", "doctor", "keys"],
        "Change": ["models"],
        "Scale": ["predict"],
        "Measure": ["bench", "loadtest"],
    }
    assert "Not available" not in result.output
    assert "..." not in result.output.partition("Make:\n")[2]


def test_command_of_another_package_is_listed_under_a_heading_of_its_own(tmp_path: Path) -> None:
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[slipway.commands]\ntheirs = theirs:theirs\n")
    (tmp_path / "theirs.py").write_text('def theirs() -> None:\n    """Do what they do."""\n')

    listed = slipway("--help", PYTHONPATH=str(tmp_path)).stdout

    assert "\n\nFrom other packages:\n  theirs    Do what they do.\n\n" in listed


@pytest.mark.parametrize("group", [["data"], ["keys"], ["models"]], ids=" ".join)
def test_help_says_of_every_command_a_whole_sentence(group: list[str]) -> None:
    result = CliRunner().invoke(cli, [*group, "--help"])

    commands = result.output.partition("Commands:\n")[2].partition("\n\n")[0]
    assert commands
    assert "..." not in commands


@pytest.mark.parametrize("command", ["serve", "train", "bench", "loadtest", "models"])
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])

    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: slipway {command} ")


def test_no_argument_shows_the_help() -> None:
    assert "Make:" in CliRunner().invoke(cli, []).output


def test_version_is_shown() -> None:
    result = CliRunner().invoke(cli, ["--version"])

    assert (result.exit_code, result.output) == (0, f"slipway {__version__}\n")


@pytest.mark.parametrize("arguments", [["nope"], ["models", "nope"], ["serve", "--nope"], ["serve", "nope"]], ids=str)
def test_wrong_use_of_the_command_line_is_exit_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 2
    assert "Usage: slipway" in result.output


WRONG_INPUT: dict[str, tuple[list[str], str]] = {
    "no models folder": (
        ["models", "list", "--models", "/nowhere"],
        "slipway: models folder /nowhere: No such file or directory\n",
    ),
    "a device that is not there": (
        ["serve", "--device", "cuda", "--port", "0"],
        "slipway: 'cuda' was requested, but this onnxruntime has no such provider; install slipway-ml[gpu]\n",
    ),
    "loading into one of several processes": (
        ["serve", "--model-control", "explicit", "--workers", "2", "--port", "0"],
        "slipway: --model-control explicit acts on one process; leave --workers at 1\n",
    ),
}


@pytest.mark.parametrize(("arguments", "sentence"), WRONG_INPUT.values(), ids=WRONG_INPUT.keys())
def test_wrong_input_is_one_sentence_and_exit_code_2(arguments: list[str], sentence: str) -> None:
    result = slipway(*arguments)

    assert (result.returncode, result.stdout, result.stderr) == (2, "", sentence)


MISSING: dict[str, tuple[str, list[str], str]] = {
    "the runtime": (
        "onnxruntime",
        ["serve", "--port", "0"],
        "slipway: this command needs the package 'onnxruntime'; install 'slipway-ml[cpu]' or 'slipway-ml[gpu]'\n",
    ),
    "scikit-learn": (
        "sklearn",
        ["train", "breast_cancer"],
        "slipway: this command needs the package 'sklearn'; install 'slipway-ml[train]'\n",
    ),
}


@pytest.mark.parametrize(("package", "arguments", "sentence"), MISSING.values(), ids=MISSING.keys())
def test_command_whose_extra_is_missing_says_which(
    tmp_path: Path, package: str, arguments: list[str], sentence: str
) -> None:
    folder = [] if arguments[0] == "serve" else ["--models", str(tmp_path)]
    result = slipway_without(package, *arguments, *folder)

    assert (result.returncode, result.stderr) == (2, sentence)


def test_install_without_extras_lists_its_commands() -> None:
    listed = slipway_without("onnxruntime,sklearn,skl2onnx,onnx,pandas,locust", "--help")

    assert (listed.returncode, listed.stderr) == (0, "")
    assert "  models    List, inspect, promote and roll back" in listed.stdout
    assert "  serve     Not available: this command needs the package 'onnxruntime'" in listed.stdout


def test_help_of_the_command_does_not_import_what_commands_need() -> None:
    code = (
        "import sys, slipway_ml.cli.main; print(sorted({'onnxruntime', 'fastapi', 'sklearn', "
        "'locust'} & set(sys.modules)))"
    )

    assert run_python("-c", code).stdout == "[]\n"


def test_missing_module_of_our_own_is_a_bug_and_no_missing_package() -> None:
    result = slipway_without("slipway_ml.main", "serve", "--port", "0")

    assert result.returncode == 1
    assert "ModuleNotFoundError" in result.stderr
