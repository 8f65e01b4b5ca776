"""slipway optimize MODEL: make the graph of a published version, or of an ONNX file, smaller; nothing is fitted again.

Prints every variant with its verdict and the reason of the choice. `--publish` writes the chosen one as a new version
of the same model, which is promoted only where that is asked for.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from slipway_ml.registry.store import MODEL_FILE, Registry
from slipway_training.cli.import_ import model_name
from slipway_training.cli.output import show_choice, show_version
from slipway_training.cli.steps import shown_steps
from slipway_training.config.optimize import ASKED_FOR, SERVE_QUANTIZED, OptimizeConfig
from slipway_training.errors import ConfigError

if TYPE_CHECKING:
    from slipway_training.progress import Progress
    from slipway_training.workflows.optimizing.optimize import Optimized
    from slipway_training.workflows.optimizing.subjects import Subject


def optimize(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="NAME, NAME@VERSION or NAME@ALIAS of a model, or an .onnx file.")
    ],
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Rows for calibration and evaluation, .csv or .parquet; preferably the training data."),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column of the rows that it predicts, for its score.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CANDIDATE", help="Try this candidate besides the exact graphs.")
    ] = None,
    pin: Annotated[str | None, typer.Option(metavar="NAME", help="Choose this variant, if it passes.")] = None,
    quantize: Annotated[bool, typer.Option("--quantize", help="Choose the 8-bit form, or fail.")] = False,
    prefer: Annotated[
        Literal["size", "latency"] | None, typer.Option(help="What decides between variants that pass.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the config, such as gate.flip_share=0.0."),
    ] = None,
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw size and latency against change.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Write the chosen graph as a new version.")] = False,
    promote: Annotated[bool, typer.Option("--promote", help="With --publish: make it the champion.")] = False,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html into the new version.")
    ] = True,
    name: Annotated[str | None, typer.Option(help="Of a file: the model's name; the file's when left out.")] = None,
    models: Annotated[Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")] = Path(
        "models"
    ),
) -> None:
    """Make a published graph smaller or faster.

    Every pass and candidate is tried, and the changes of each are reported.
    """
    if promote and not publish:
        raise ConfigError("--promote is for a version that --publish writes; add --publish")
    console = Console(highlight=False)
    registry = Registry(models)
    wanted = (*_changes(only, pin, prefer), *(SERVE_QUANTIZED if quantize else ()), *(changes or ()))
    with shown_steps(console, "trying passes and candidates") as progress:
        found = _optimize(model, registry, wanted, data, target, name, progress)
    choice = found.trained.choice
    show_choice(console, choice.variants, choice.name, choice.reason, choice.quantized)
    _show_parity(console, found)
    if plots is not None:
        _draw(console, found, plots, model_name(Path(model)))
    if publish and not found.is_served_already:
        from slipway_training.workflows.optimizing import optimize as optimized  # noqa: PLC0415  # as below

        with shown_steps(console, "writing the version") as progress:
            version = optimized.publish(found, registry, progress, promote=promote, report=report)
        show_version(console, registry, version)
    elif found.is_served_already:
        console.print(f"Nothing to publish: {escape(found.subject.what)} serves this very graph.", soft_wrap=True)
    else:
        again = escape(_again(model, data, target, models))
        console.print(f"Next:    slipway optimize {again} --publish", soft_wrap=True)


def _optimize(
    model: str,
    registry: Registry,
    changes: tuple[str, ...],
    data: Path | None,
    target: str | None,
    name: str | None,
    progress: "Progress",
) -> "Optimized":
    # The imports take seconds, which --help need not wait for.
    from slipway_training.workflows.optimizing import subjects  # noqa: PLC0415
    from slipway_training.workflows.optimizing.optimize import optimize as make_smaller  # noqa: PLC0415
    from slipway_training.workflows.optimizing.rows import find_rows, from_file  # noqa: PLC0415

    path = Path(model)
    if path.suffix == ".onnx" or path.is_file():
        subject = _of_file(path, data, target, name, changes, progress)
        if data is None:
            raise AssertionError("a file without rows")  # our bug
        rows = from_file(subject.signature, data, target)
    elif name is not None:
        raise ConfigError("--name is for an .onnx file; a new version keeps the name of its model")
    else:
        subject = subjects.of_version(subjects.stored(registry, model), changes)
        if subject.earlier is None:
            raise AssertionError("a version without its record")  # our bug
        progress("read", f"{subject.what}, which serves {subject.earlier.manifest.variant}")
        provenance = subject.earlier.manifest.provenance
        rows = find_rows(subject.signature, subject.config, provenance, data, target)
    progress("rows", rows.in_words)
    return make_smaller(subject, rows, progress)


def _of_file(
    path: Path, data: Path | None, target: str | None, name: str | None, changes: tuple[str, ...], progress: "Progress"
) -> "Subject":
    from slipway_training.data.rows_file import read_rows  # noqa: PLC0415  # as above
    from slipway_training.workflows.optimizing import subjects  # noqa: PLC0415

    if data is None:
        raise ConfigError("an .onnx file has no rows; give some with --data, .csv or .parquet")
    return subjects.of_file(path, name or model_name(path), read_rows(data, target), changes, progress)


def _changes(only: list[str] | None, pin: str | None, prefer: str | None) -> tuple[str, ...]:
    """The options as `--set` would say them; without --only everything is tried that is no other model."""
    default = [one for one in OptimizeConfig().candidates if one not in ASKED_FOR]
    found = [f"optimize.candidates={json.dumps(only if only is not None else default)}"]
    found += [f"optimize.pin={json.dumps(pin)}"] if pin is not None else []
    found += [f"optimize.prefer={json.dumps(prefer)}"] if prefer is not None else []
    return tuple(found)


def _show_parity(console: Console, found: "Optimized") -> None:
    """What was compared on what, and what was not."""
    chosen, subject, rows = found.chosen, found.subject, found.rows
    if chosen.parity is None:
        return
    asked = f"{chosen.parity.rows:,} real and {chosen.parity.edge_rows:,} made-up rows"
    console.print(
        f"[bold]Proved[/bold]: {escape(chosen.name)} against {escape(chosen.parity.reference)}, on {asked}; "
        f"that graph itself, when it was taken in, against {escape(subject.against)}",
        soft_wrap=True,
    )
    if subject.earlier is not None:
        manifest = subject.earlier.manifest
        size = f"{manifest.files[MODEL_FILE].size:,} bytes; {chosen.name} has {len(found.model):,}"
        console.print(f"Served:  {escape(subject.what)} serves {manifest.variant}, {size}", soft_wrap=True)
    if rows.kind == "made_up":
        console.print(
            "[yellow]Not tried[/yellow]: variants that may change predictions need real rows; "
            "give some with --data FILE",
            soft_wrap=True,
        )
    elif rows.target is None:
        console.print(
            "[yellow]Not compared[/yellow]: the score, as no true targets are known; name their column with "
            "--target COLUMN",
            soft_wrap=True,
        )


def _draw(console: Console, found: "Optimized", folder: Path, name: str) -> None:
    from slipway_training.report.plots.variants import cost_plots  # noqa: PLC0415  # matplotlib takes its time

    choice = found.trained.choice
    folder.mkdir(parents=True, exist_ok=True)
    for plot in cost_plots(choice.variants, choice.name, found.trained.config.gate.probability_change):
        path = folder / f"{name}-{plot.name}.svg"
        path.write_bytes(plot.standalone())
        console.print(f"Plot:    {escape(str(path))}", soft_wrap=True)


def _again(model: str, data: Path | None, target: str | None, models: Path) -> str:
    options = [f"--data {data}"] if data is not None else []
    options += [f"--target {target}"] if target is not None else []
    return " ".join([model, *options, f"--models {models}"])
