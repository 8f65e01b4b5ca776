"""slipway verify MODEL: the parity check of a published version, repeated on its very file.

What a version records decides what can be repeated. A version that was trained from a config is trained again, to have
the pipeline that it must agree with, and its stored graph is asked about as many rows as wanted; a CSV must be given,
and must be the one. A version that came fitted left no pipeline behind: its golden rows are asked, and rows that are
given, whose score is put beside the one on record.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway_ml.contract import certificate
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.config import documents as configs
from slipway_training.data import lineage
from slipway_training.errors import ConfigError, ParityError

if TYPE_CHECKING:
    from slipway_training.workflows.verify import Verified


def verify(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    *,
    version: Annotated[int | None, typer.Option(min=1, help="The version; the champion when left out.")] = None,
    models: Annotated[Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")] = Path(
        "models"
    ),
    data: Annotated[
        Path | None,
        typer.Option(
            help="The CSV that the version was trained on, or the folder of its tables; any rows, .csv or .parquet, "
            "for one that came fitted."
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="For a version that came fitted: the column it predicts, for the score."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many different rows to compare.")] = 100_000,
) -> None:
    """Repeat the parity check of a published version.

    Its stored graph is compared with the pipeline that it came from, which is trained again for it.
    """
    registry = Registry(models)
    number = registry.resolve(model, version)
    stored = registry.read(model, number)
    found = _verify(stored, data, target or [], rows)
    _show(Console(highlight=False), stored, found)
    if not found.holds:
        kinds = ", ".join(certificate.NAMES.get(kind, kind) for kind in found.broken)
        raise ParityError(
            f"version {number} of {model!r} does not agree with its certificate ({kinds}); roll back or retrain"
        )


def _show(console: Console, stored: StoredVersion, found: "Verified") -> None:
    manifest, parity = stored.manifest, found.parity
    console.print(
        f"{escape(manifest.model_name)} version {manifest.model_version}, variant {manifest.variant}: "
        f"{parity.rows + parity.edge_rows} rows against {found.against}: {parity.label_flips} labels differ, "
        f"{parity.tolerance:.1e} allowed",
        soft_wrap=True,
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, heading in enumerate(certificate.HEADINGS):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for line in certificate.lines(parity):
        table.add_row(*line)
    console.print(table)
    for sentence in found.said:
        console.print(escape(sentence), soft_wrap=True)
    libraries = ", ".join(f"{name} {number}" for name, number in manifest.provenance.libraries.items())
    console.print(f"Published with {escape(libraries)}.", soft_wrap=True)


def _verify(stored: StoredVersion, data: Path | None, target: list[str], rows: int) -> "Verified":
    # The imports take seconds, which --help need not wait for.
    from slipway_training.workflows.verify import repeat_parity_check  # noqa: PLC0415

    provenance = stored.manifest.provenance
    if "data" not in provenance.config:
        return _replay(stored, data, target)
    if target:
        raise ConfigError("--target is for versions that came fitted; this one was trained from a config that names it")
    config = configs.parse(provenance.config)
    # The rows passed their checks when the version was trained; the file of checks is not kept with it.
    config = config.model_copy(update={"data": config.data.model_copy(update={"checks": None})})
    if config.data.source in {"csv", "sources"}:
        if data is None:
            what = "a CSV; give it" if config.data.source == "csv" else "joined tables; give their folder"
            raise ConfigError(f"version {stored.manifest.model_version} was trained on {what} with --data")
        config = config.model_copy(update={"data": config.data.given(data)})
    if lineage.recipe(config).data_digest != provenance.data_digest:
        raise ConfigError("this is not the data that the version was trained on; give the file it was, unchanged")
    return repeat_parity_check(stored, config, rows)


def _replay(stored: StoredVersion, data: Path | None, target: list[str]) -> "Verified":
    from slipway_training.data.rows_file import read_rows, read_targets  # noqa: PLC0415  # as above
    from slipway_training.workflows.verify import replay  # noqa: PLC0415

    if data is None and target:
        raise ConfigError("--target names a column of the rows; give them with --data")
    if data is None:
        return replay(stored)
    return replay(stored, *(read_targets(data, target) if target else read_rows(data, None)))
