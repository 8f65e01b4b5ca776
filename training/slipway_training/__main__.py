"""python -m slipway_training CONFIG …: the train command alone, for an environment without the service's command
line.
"""

import sys
from collections.abc import Sequence

import typer

from slipway_ml.errors import SlipwayError
from slipway_training.cli.train import train


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line given, or the program's own; an expected error becomes one sentence and its exit code."""
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command("train")(train)
    try:
        command(arguments, prog_name="python -m slipway_training")
    except SlipwayError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
