"""`slipway models`: look at the models folder and change which version serves."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.contract.manifest import ModelManifest
from app.errors import RegistryError, UsageError
from app.registry.desired_state import CHAMPION
from app.registry.store import Registry

models = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, inspect, promote and roll back the models of a folder."
)

Folder = Annotated[Path, typer.Option("--models", metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")]
Name = Annotated[str, typer.Argument(metavar="MODEL", help="Name of the model.")]


@models.command("list")
def list_models(models: Folder = Path("models")) -> None:
    """List models, their versions and which of them are champions."""
    registry = Registry(models)
    table = Table(box=None, pad_edge=False)
    for column in ("MODEL", "CHAMPION", "VERSIONS", "OTHER ALIASES"):
        table.add_column(column)
    for name in registry.model_names():
        aliases = dict(_aliases(registry, name))
        champion = aliases.pop(CHAMPION, None)
        others = ", ".join(f"{alias}: {version}" for alias, version in aliases.items())
        versions = ", ".join(map(str, registry.versions(name)))
        table.add_row(name, str(champion or "-"), versions or "-", others or "-")
    if not table.row_count:
        typer.echo(f"No models in {models}. Next: slipway train breast_cancer --models {models}")
        return
    Console().print(table)


@models.command()
def show(
    model: Name,
    version: Annotated[int | None, typer.Argument(metavar="[VERSION]", help="Default: the champion.")] = None,
    models: Folder = Path("models"),
) -> None:
    """Show what is known about a version."""
    registry = Registry(models)
    _refuse_unknown(registry, model)
    wanted = version or registry.desired(model).aliases.get(CHAMPION)
    if wanted is None:
        raise UsageError(f"model {model!r} has no champion; name a version: {_listing(registry.versions(model))}")
    _print_manifest(registry.read(model, wanted).manifest, registry.desired(model).aliases)


@models.command()
def promote(
    model: Name,
    version: Annotated[int, typer.Argument(min=1, help="The version that shall answer.")],
    alias: Annotated[str, typer.Option(help="Which alias to set.")] = CHAMPION,
    models: Folder = Path("models"),
) -> None:
    """Make a version the champion, or give it another alias; servers follow within seconds."""
    registry = Registry(models)
    _refuse_unknown(registry, model)
    state = registry.promote(model, version, alias)
    typer.echo(f"{model}: {alias} is version {version} (generation {state.generation})")
    typer.echo(f"Next: slipway models rollback {model} --models {models}, should it disappoint")


@models.command()
def rollback(model: Name, models: Folder = Path("models")) -> None:
    """Make the previous champion the champion again."""
    registry = Registry(models)
    _refuse_unknown(registry, model)
    state = registry.rollback(model)
    typer.echo(f"{model}: champion is version {state.aliases[CHAMPION]} again (generation {state.generation})")


def _aliases(registry: Registry, name: str) -> dict[str, int]:
    try:
        return registry.desired(name).aliases
    except RegistryError as error:
        typer.echo(f"slipway: {error}", err=True)
        return {}


def _refuse_unknown(registry: Registry, name: str) -> None:
    if not registry.versions(name):
        known = registry.model_names()
        raise UsageError(f"no model {name!r} in {registry.root}; there are: {', '.join(known) or 'none'}")


def _listing(versions: list[int]) -> str:
    return ", ".join(map(str, versions))


def _print_manifest(manifest: ModelManifest, aliases: dict[str, int]) -> None:
    console = Console()
    named = [alias for alias, version in aliases.items() if version == manifest.model_version]
    console.print(f"[bold]{manifest.model_name}[/bold] version {manifest.model_version}  {' '.join(named)}")
    console.print(
        f"published {manifest.created_at:%Y-%m-%d %H:%M} UTC, variant {manifest.variant}: {manifest.variant_reason}"
    )
    parity = manifest.parity
    console.print(
        f"parity with scikit-learn: {parity.label_flips} label flips, largest difference "
        f"{parity.largest_difference:.2g} on {parity.rows + parity.edge_rows} rows"
    )
    for score in manifest.metrics:
        console.print(f"{score.name} {score.value:.4f}")
    features = Table("FEATURE", "KIND", "MISSING", "SEEN IN TRAINING", box=None, pad_edge=False)
    for feature in manifest.signature.features:
        seen = ", ".join(feature.categories or ()) or _range(feature.minimum, feature.maximum)
        features.add_row(feature.name, feature.kind, "allowed" if feature.nullable else "refused", seen)
    console.print(features)
    files = Table("FILE", "BYTES", "SHA-256", box=None, pad_edge=False)
    for name, file in manifest.files.items():
        files.add_row(name, str(file.size), file.sha256[:16] + "…")
    console.print(files)


def _range(minimum: float | None, maximum: float | None) -> str:
    return "" if minimum is None or maximum is None else f"{minimum:g} to {maximum:g}"
