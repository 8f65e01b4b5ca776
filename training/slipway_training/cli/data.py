"""slipway data: look at the rows before they are trained on.

`check` runs every check of a config and lists what it found; `profile` writes a file of checks from what the rows are
like. Nothing is fitted, save the small trees that look for leaks.
"""

import html
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway_ml.contract.manifest import Finding, Severity
from slipway_training.config import documents as configs
from slipway_training.config.model import TrainingConfig
from slipway_training.errors import ConfigError, DataCheckFailed

if TYPE_CHECKING:
    from slipway_training.data.gathering import Gathered

data = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check and profile raw tables.")

_Config = Annotated[str, typer.Argument(metavar="CONFIG", help="A shipped config's name, or the path of a .toml.")]
_Data = Annotated[Path | None, typer.Option("--data", help="The CSV to read, or the folder of the tables.")]


@data.command("check")
def check(
    config: _Config,
    *,
    file: _Data = None,
    page: Annotated[Path | None, typer.Option("--html", help="Also write the findings as a page.")] = None,
) -> None:
    """Run every check of a config on its rows.

    Lists what was found, with what to do about it. Nothing is trained.
    """
    # These imports take seconds, which --help need not wait for.
    from slipway_training.data.checks.inspection import inspect_split  # noqa: PLC0415
    from slipway_training.data.splits import split  # noqa: PLC0415

    console = Console(highlight=False)
    wanted = configs.load(config, file)
    gathered = _gather(wanted, console)
    findings = list(gathered.findings)
    if not any(finding.severity is Severity.ERROR for finding in findings):
        findings += inspect_split(*split(gathered.table, wanted.split, wanted.task), wanted)
    findings.sort(key=lambda finding: finding.severity is not Severity.ERROR)
    _show(console, findings)
    if page is not None:
        page.write_text(_page(wanted.name, gathered.rows, findings), "utf-8")
        console.print(f"Wrote {escape(str(page))}", soft_wrap=True)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if errors:
        raise DataCheckFailed(f"{errors} of {len(findings)} findings are errors; no model can be trained on these rows")
    again = f" --data {shlex.quote(str(file))}" if file is not None else ""
    console.print(f"Next:  slipway train {escape(config + again)}", soft_wrap=True)


@data.command("profile")
def profile(
    config: _Config,
    *,
    file: _Data = None,
    output: Annotated[Path | None, typer.Option(help="The file to write; NAME.checks.toml by default.")] = None,
) -> None:
    """Write what the rows are like, as a file of checks.

    Read it, loosen what may vary, and name it as data.checks: it is enforced from then on.
    """
    from slipway_training.data.profile import profile as describe  # noqa: PLC0415

    console = Console(highlight=False)
    wanted = configs.load(config, file)
    where = output or Path(f"{wanted.name}.checks.toml")
    text = describe(_gather(wanted, console).table)
    try:
        with where.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise ConfigError(f"{str(where)!r} is there already; remove it, or give another name with --output") from None
    except OSError as error:
        raise ConfigError(f"{str(where)!r} cannot be written: {error.strerror}") from None
    console.print(f"Wrote {escape(str(where))}: read it, loosen what may vary, and name it as data.checks.")


def _gather(config: TrainingConfig, console: Console) -> "Gathered":
    from slipway_training.data.gathering import gather  # noqa: PLC0415

    def progress(step: str, result: str) -> None:
        console.print(f"  [green]{step:<13}[/green] {escape(result)}", soft_wrap=True)

    return gather(config, progress)


def _show(console: Console, findings: list[Finding]) -> None:
    if not findings:
        console.print("Nothing was found.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("severity", "check", "rows", "what was found, and what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        counts = f"{finding.rows} of {finding.of}" if finding.of else ""
        said = escape(f"{finding.message}; {finding.remedy}")
        table.add_row(f"[{colour}]{finding.severity}[/]", finding.check, counts, said)
    console.print(table)


def _page(name: str, rows: dict[str, int], findings: list[Finding]) -> str:
    """One page that needs nothing else."""
    steps = "".join(f"<li>{html.escape(step)}: <b>{count:,}</b> rows</li>" for step, count in rows.items())
    lines = "".join(
        f'<tr class="{finding.severity}"><td>{finding.severity}</td><td>{html.escape(finding.check)}</td>'
        f"<td>{finding.rows:,} of {finding.of:,}</td><td>{html.escape(finding.message)}</td>"
        f"<td>{html.escape(finding.remedy)}</td></tr>"
        for finding in findings
    )
    head = "<tr><th>severity</th><th>check</th><th>rows</th><th>what was found</th><th>what to do</th></tr>"
    table = f"<table>{head}{lines}</table>" if findings else "<p>No findings.</p>"
    title = f"Checks of the data of {html.escape(name)}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><h2>Rows after each step</h2><ul>{steps}</ul><h2>Findings</h2>{table}</html>\n"
    )


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2733}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem .75rem;vertical-align:top;"
    "border-bottom:1px solid #d5dce3}th{background:#f2f5f8}td:first-child{font-weight:600;border-left:.4rem solid}"
    ".error td:first-child{color:#a3201a}.warning td:first-child{color:#8a5a00}td:nth-child(3){white-space:nowrap}"
)
