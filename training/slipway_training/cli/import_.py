"""slipway import PATH: an ONNX file, a Triton model or an MLflow folder becomes a published version."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from slipway_ml.contract.signature import Label, Task
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.cli.output import show_version
from slipway_training.cli.steps import shown_steps

_INTEGER = re.compile(r"[+-]?\d+")
_TRUTH = {"true": True, "false": False}


def import_(
    source: Annotated[
        Path, typer.Argument(metavar="PATH", help="An .onnx file, a model of a Triton repository, or an MLflow folder.")
    ],
    *,
    name: Annotated[str | None, typer.Option(help="The model's name; the file's or folder's when left out.")] = None,
    description: Annotated[str, typer.Option(help="One sentence for the model card.")] = "",
    unit: Annotated[str, typer.Option(help="The unit of its values, such as EUR.")] = "",
    task: Annotated[Task | None, typer.Option(help="What it does, where the graph leaves that open.")] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Its classes, in the order of the probabilities.")
    ] = None,
    targets: Annotated[str | None, typer.Option(metavar="A,B,…", help="Names of its values, of several.")] = None,
    input_names: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Names of its columns, in the order of the graph.")
    ] = None,
    nullable: Annotated[list[str] | None, typer.Option(help="A column that may be missing in requests.")] = None,
    label_output: Annotated[str | None, typer.Option(help="The output that is the label, of several.")] = None,
    number_output: Annotated[
        str | None, typer.Option(help="The output with probabilities or values, of several.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Rows to try it on, .parquet or .csv.")] = None,
    target: Annotated[str | None, typer.Option(help="The column of the rows that it predicts, for a score.")] = None,
    source_version: Annotated[int | None, typer.Option(min=1, help="The version of a Triton model.")] = None,
    models: Annotated[
        Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder to publish into.")
    ] = Path("models"),
    promote: Annotated[bool, typer.Option("--promote", help="Make the new version the champion.")] = False,
) -> None:
    """Import an ONNX model from elsewhere and publish it.

    Its signature is inferred; the graph is compared with itself, one row at a time.
    """
    # The imports take seconds, which --help need not wait for.
    from slipway_training.data.rows_file import read_rows  # noqa: PLC0415
    from slipway_training.workflows.importing.import_model import import_graph  # noqa: PLC0415
    from slipway_training.workflows.importing.interface import Overrides  # noqa: PLC0415

    console = Console(highlight=False)
    with shown_steps(console, "reading the graph") as progress:
        version = import_graph(
            source,
            Overrides(
                task=task,
                labels=_labels(labels),
                targets=_names(targets),
                columns=_names(input_names),
                nullable=frozenset(nullable or ()),
                label_output=label_output,
                number_output=number_output,
            ),
            name=name or model_name(source),
            description=description,
            unit=unit,
            models=models,
            rows=None if data is None else read_rows(data, target),
            source_version=source_version,
            promote=promote,
            progress=progress,
        )
    _show(console, models, version)


def model_name(source: Path) -> str:
    """A name that a model may have, from that of a file or folder."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", source.resolve().stem).strip("-._") or "model"


def _show(console: Console, models: Path, version: StoredVersion) -> None:
    for sentence in version.manifest.parity.not_proved:
        console.print(f"[yellow]Not compared[/yellow]: {escape(sentence)}", soft_wrap=True)
    show_version(console, Registry(models), version)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()


def _labels(text: str | None) -> tuple[Label, ...]:
    """Whole numbers and truth values where all of them are, else text."""
    names = _names(text)
    if names and all(_INTEGER.fullmatch(one) for one in names):
        return tuple(int(one) for one in names)
    if names and all(one.lower() in _TRUTH for one in names):
        return tuple(_TRUTH[one.lower()] for one in names)
    return names
