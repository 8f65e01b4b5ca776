"""The console script reads plain options itself and leaves everything else to the commands."""

import subprocess
import sys

import pytest

from slipway_ml.cli.entry import plain_options
from slipway_ml.cli.given_settings import NAMES


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], {}),
        (["--port", "0", "--models=x y"], {"port": "0", "models": "x y"}),
        (["--strict", "--no-access-log"], {"strict": True, "access_log": False}),
        (["--max-body-bytes", "4096"], {"max_body_bytes": "4096"}),
        (["--base-path="], {"base_path": ""}),
    ],
)
def test_plain_options_are_read(arguments: list[str], found: dict[str, object]) -> None:
    assert plain_options(arguments, NAMES) == found


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["models"],
        ["-p", "1"],
        ["--nonsense", "1"],
        ["--port"],
        ["--port", "--strict"],
        ["--port", "-1"],
        ["--strict=true"],
        ["--no-port"],
        ["--max_body_bytes", "4096"],
    ],
    ids=" ".join,
)
def test_what_is_not_plain_is_left_to_the_commands(arguments: list[str]) -> None:
    assert plain_options(arguments, NAMES) is None


def test_server_that_starts_plainly_imports_nothing_of_the_command_line() -> None:
    code = "import sys, slipway_ml.cli.entry, slipway_ml.cli.start; print(sorted({'typer', 'rich'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_wrong_value_is_one_sentence_and_exit_code_2_here_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "slipway_ml", "serve", "--port", "http"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("slipway: setting --port (SLIPWAY_PORT): input should be a valid integer")
