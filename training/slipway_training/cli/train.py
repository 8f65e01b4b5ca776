"""slipway train CONFIG: progress, the table of variants with the reason for the choice, and what to type next.

Only what parses the command line is imported here; scikit-learn and the rest come with the workflow, when there is
something to train.
"""

import gc
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.cli.output import show_selection, show_variants, show_version, show_warnings
from slipway_training.cli.steps import shown_steps
from slipway_training.config import documents as configs
from slipway_training.config.model import TrainingConfig
from slipway_training.config.optimize import SERVE_QUANTIZED
from slipway_training.data import lineage

_SHIPPED = ", ".join(configs.shipped())


def train(
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help=f"The path of a .toml, or one that is shipped: {', '.join(configs.shipped())}."
        ),
    ],
    *,
    data: Annotated[
        Path | None, typer.Option(help="The CSV to learn from, or the folder of the tables to be joined.")
    ] = None,
    models: Annotated[
        Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder to publish into.")
    ] = Path("models"),
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key; VALUE is a TOML literal.")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make the new version the champion.")] = False,
    quantize: Annotated[bool, typer.Option("--quantize", help="Serve the 8-bit form, or publish nothing.")] = False,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html, a page of plots, into the version.")
    ] = True,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Keep a version that came from the same config, data and code.")
    ] = False,
) -> None:
    """Train a model from a configuration and publish it.

    Its ONNX export must agree with scikit-learn; smaller variants are tried, and the best becomes a new version.
    """
    console = Console(highlight=False)
    wanted = configs.load(config, data, (*(changes or ()), *(SERVE_QUANTIZED if quantize else ())))
    registry = Registry(models)
    console.print(f"[bold]{escape(wanted.name)}[/bold]: {escape(wanted.description)}", soft_wrap=True)
    known = lineage.find_equal(registry, wanted.name, lineage.recipe(wanted)) if reuse else None
    if known is not None:
        console.print(f"  reuse         version {known.manifest.model_version} has the same config, data and code")
        if promote:
            registry.promote(wanted.name, known.manifest.model_version)
        version = known
    else:
        version = _train(console, wanted, registry, promote, report)
        show_warnings(console, version.manifest)
        if version.manifest.selection is not None:
            show_selection(console, version.manifest.selection)
        show_variants(console, version.manifest)
    show_version(console, registry, version)


def _train(console: Console, config: TrainingConfig, registry: Registry, promote: bool, report: bool) -> StoredVersion:
    with shown_steps(console) as progress:
        # The import takes seconds, which --help and --reuse need not wait for.
        gc.disable()  # an import makes thousands of objects that stay; collecting meanwhile is a tenth of the time
        from slipway_training.workflows import train as workflow  # noqa: PLC0415

        gc.enable()
        return workflow.run(config, registry, progress, promote=promote, report=report).version
