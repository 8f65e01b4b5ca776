"""slipway verify MODEL: the proof of a published version, repeated on its very file.

What a version records decides what can be repeated. A version that was trained from a config is trained again, to have
the pipeline that it must agree with, and its stored graph is asked about as many rows as wanted; a CSV must be given,
and must be the one. A version that came fitted left no pipeline behind, so its golden rows are asked.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.contract import certificate
from app.registry.store import Registry, StoredVersion
from training.config import documents as configs
from training.data import lineage
from training.errors import ConfigError, ParityError

if TYPE_CHECKING:
    from training.verification import Verified


def verify(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    *,
    version: Annotated[int | None, typer.Option(min=1, help="The version; the champion when left out.")] = None,
    models: Annotated[Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")] = Path(
        "models"
    ),
    data: Annotated[
        Path | None, typer.Option(help="The CSV that the version was trained on, or the folder of its tables.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many different rows to ask.")] = 100_000,
) -> None:
    """Repeat the proof of a published version.

    Its stored graph is asked beside the pipeline that it came from, which is trained again for it.
    """
    registry = Registry(models)
    number = registry.resolve(model, version)
    stored = registry.read(model, number)
    found = _verify(stored, data, rows)
    _show(Console(highlight=False), stored, found)
    if not found.holds:
        kinds = ", ".join(certificate.NAMES.get(kind, kind) for kind in found.broken)
        raise ParityError(
            f"version {number} of {model!r} does not say what it was published for ({kinds}); roll back or retrain"
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
    libraries = ", ".join(f"{name} {number}" for name, number in manifest.provenance.libraries.items())
    console.print(f"Published with {escape(libraries)}.", soft_wrap=True)


def _verify(stored: StoredVersion, data: Path | None, rows: int) -> "Verified":
    # The imports take seconds, which --help need not wait for.
    from training.verification import repeat_proof, replay_golden_rows  # noqa: PLC0415

    provenance = stored.manifest.provenance
    if "data" not in provenance.config:
        return replay_golden_rows(stored)
    config = configs.parse(provenance.config)
    # The rows passed their checks when the version was trained; the file of checks is not kept with it.
    config = config.model_copy(update={"data": config.data.model_copy(update={"checks": None})})
    if config.data.source in {"csv", "sources"}:
        if data is None:
            what = "a CSV; give it" if config.data.source == "csv" else "joined tables; give the folder they lie in"
            raise ConfigError(f"version {stored.manifest.model_version} was trained on {what} with --data")
        config = config.model_copy(update={"data": config.data.given(data)})
    if lineage.recipe(config).data_digest != provenance.data_digest:
        raise ConfigError("this is not the data that the version was trained on; give the file it was, unchanged")
    return repeat_proof(stored, config, rows)
