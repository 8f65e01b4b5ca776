"""slipway export MODEL --data ROWS --target NAME: a pipeline fitted elsewhere becomes a published version."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from slipway_ml.registry.store import Registry
from slipway_training.cli.output import show_variants, show_version
from slipway_training.cli.steps import shown_steps


def export(
    fitted: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A fitted pipeline: .skops, or .joblib with --trust.")
    ],
    *,
    data: Annotated[Path, typer.Option(help="Rows to compare it on, .parquet or .csv, preferably held out.")],
    target: Annotated[
        list[str], typer.Option(metavar="COLUMN", help="The column it predicts; named again for each further one.")
    ],
    name: Annotated[str | None, typer.Option(help="The model's name; the file's name when left out.")] = None,
    description: Annotated[str, typer.Option(help="One sentence for the model card.")] = "",
    models: Annotated[
        Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder to publish into.")
    ] = Path("models"),
    nullable: Annotated[
        list[str] | None, typer.Option(help="A column that may be missing later though no row lacks it now.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Open files that may run code, or hold unknown types.")
    ] = False,
    accept_dtype_difference: Annotated[
        bool,
        typer.Option(
            "--accept-dtype-difference",
            help="Publish although the rows, in the data types they have, are predicted otherwise than over HTTP.",
        ),
    ] = False,
    promote: Annotated[bool, typer.Option("--promote", help="Make the new version the champion.")] = False,
) -> None:
    """Publish a fitted scikit-learn pipeline.

    Its signature is inferred, its ONNX export compared with it, and smaller variants are tried.
    """
    # The imports take seconds, which --help need not wait for.
    from slipway_training.data.fitted_file import load  # noqa: PLC0415
    from slipway_training.data.rows_file import read_targets  # noqa: PLC0415
    from slipway_training.workflows.publish_fitted import publish  # noqa: PLC0415

    console = Console(highlight=False)
    rows, wanted = read_targets(data, target)
    with shown_steps(console, "reading the pipeline") as progress:
        version = publish(
            load(fitted, trust=trust),
            rows,
            wanted,
            name=name or fitted.stem,
            description=description,
            models=models,
            nullable=tuple(nullable or ()),
            promote=promote,
            accept_dtype_difference=accept_dtype_difference,
            progress=progress,
        )
    show_variants(console, version.manifest)
    show_version(console, Registry(models), version)
