"""`slipway`: finds the commands by entry point and turns expected errors into one sentence and an exit code.

A command's module is imported only when that command runs or the list of commands is shown, so that serving never pays
for, or needs, what training imports.
"""

import gc
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from slipway_ml import __version__
from slipway_ml.errors import SlipwayError, UsageError

GROUP = "slipway.commands"

_BUG = 1
_GAP = 2  # columns before a command, and between it and its sentence
_TRAIN = "'slipway-ml[train]'"
_OURS = frozenset({"slipway_ml", "slipway_training", "slipway_loadtests"})


HEADINGS: dict[str, tuple[str, ...]] = {
    "Make": ("train", "search", "init", "data", "export", "import", "optimize", "verify"),
    "Serve": ("serve", "doctor", "keys"),
    "Change": ("models", "rollout"),
    "Watch": ("watch",),
    "Scale": ("predict", "stream"),
    "Measure": ("bench", "loadtest", "plan"),
}
"""Where `slipway --help` lists a command, in this order; a command that is not named here comes under _OTHER."""
_OTHER = "From other packages"

_NAMES = ("serve", "models", "keys", "predict", "doctor")
_OWN = {name: EntryPoint(name, f"slipway_ml.cli.{name}:{name}", GROUP) for name in _NAMES}
"""The service's own commands are known: looking for entry points reads every installed package."""


class EntryPointGroup(TyperGroup):
    """A command group whose commands are our own and the entry points of GROUP."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted({*super().list_commands(ctx), *_OWN, *_found()})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        point = _OWN.get(cmd_name) or _found().get(cmd_name)
        return _load(point) if point else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        width = max(map(len, commands))
        limit = formatter.width - width - 2 * _GAP - _GAP
        known = {name for names in HEADINGS.values() for name in names}
        for heading, names in (*HEADINGS.items(), (_OTHER, tuple(sorted(commands.keys() - known)))):
            rows = [(name.ljust(width), commands[name].get_short_help_str(limit)) for name in names if name in commands]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> Any:
    settings: dict[str, bool] = {}
    gc.disable()  # an import makes thousands of objects that stay; collecting meanwhile is a tenth of the time
    try:
        loaded = point.load()
    except ModuleNotFoundError as error:
        loaded = _unavailable(_which_extra(error))
        settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    finally:
        gc.enable()
    if isinstance(loaded, typer.Typer):
        group = typer.main.get_group(loaded)
        group.name = point.name
        return group
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(point.name, context_settings=settings)(loaded)
    return typer.main.get_command(single)


def _unavailable(reason: str) -> Callable[[], None]:
    def command() -> None:
        raise UsageError(reason)

    command.__doc__ = f"Not available: {reason}."
    return command


cli = typer.Typer(
    name="slipway",
    cls=EntryPointGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From a table of data to predictions over HTTP.",
    epilog="To begin: slipway train breast_cancer, then slipway serve, then open http://127.0.0.1:8000/docs.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"slipway {__version__}")
        raise typer.Exit


@cli.callback()
def main(
    _version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """From a table of data to predictions over HTTP."""


def run() -> NoReturn:
    """The console script."""
    try:
        cli()
    except SlipwayError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        _say(_which_extra(error))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(_BUG)  # click leaves by SystemExit; coming here is our bug


def _which_extra(error: ModuleNotFoundError) -> str:
    name = (error.name or "").split(".")[0]
    if name in _OURS:
        raise error
    extra = {"onnxruntime": "'slipway-ml[cpu]' or 'slipway-ml[gpu]'", "locust": "'slipway-ml[load]'"}
    return f"this command needs the package {name!r}; install {extra.get(name, _TRAIN)}"


def _say(message: str) -> None:
    typer.echo(f"slipway: {message}", err=True)
