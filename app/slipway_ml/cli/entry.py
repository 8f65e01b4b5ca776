"""The console script. `slipway serve` with plain options starts at once; everything else goes to the commands.

A command line with help and good errors takes a tenth of the time in which a server is ready, and a server's own start
rarely needs either. So its options are read here where they are plain (`--name value`, `--name=value`, `--flag`,
`--no-flag`), and whatever is not plain, wrong options among it, is left to the commands, which know what to say.
"""

import gc
import sys
from typing import NoReturn

from slipway_ml.errors import SlipwayError


def plain_options(arguments: list[str], names: dict[str, bool]) -> dict[str, str | bool] | None:
    """Options by setting; None where they are not plain. `names` maps settings to whether they are flags."""
    found: dict[str, str | bool] = {}
    waiting = iter(arguments)
    for argument in waiting:
        option, has_value, value = argument.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if not option.startswith("--") or "_" in option:
            return None
        if names.get(name) is False:
            given = value if has_value else next(waiting, "--")
            if given.startswith("-"):
                return None
            found[name] = given
        elif has_value:
            return None
        elif name in names:
            found[name] = True
        elif names.get(name.removeprefix("no_")) and name.startswith("no_"):
            found[name.removeprefix("no_")] = False
        else:
            return None
    return found


def run() -> NoReturn:
    """Serve, or run the command that was asked for."""
    if sys.argv[1:2] == ["serve"]:
        _serve_if_plain(sys.argv[2:])
    from slipway_ml.cli import main  # noqa: PLC0415  # what a server's start does without

    main.run()


def _serve_if_plain(arguments: list[str]) -> None:
    gc.disable()  # an import makes thousands of objects that stay; collecting meanwhile is a tenth of the time
    try:
        from slipway_ml.cli.given_settings import NAMES, read_settings  # noqa: PLC0415  # other commands need no settings

        given = plain_options(arguments, NAMES)
        if given is None:
            return
        from slipway_ml.cli.start import start  # noqa: PLC0415  # help needs no server
    except ModuleNotFoundError:
        return  # a runtime is missing, and the commands know which to install
    finally:
        gc.enable()
    try:
        start(read_settings(given))
    except SlipwayError as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)
