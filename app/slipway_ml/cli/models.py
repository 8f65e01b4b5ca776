"""`slipway models`: look at the models folder and change which version serves."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway_ml.contract import certificate
from slipway_ml.contract.evaluation import About, Evaluation, Score
from slipway_ml.contract.manifest import ModelManifest
from slipway_ml.contract.merit import shortcomings
from slipway_ml.contract.parity import Parity
from slipway_ml.errors import RegistryError, UsageError
from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry

models = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, inspect, promote and roll back the models of a folder."
)

Folder = Annotated[Path, typer.Option("--models", metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")]
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")

Name = Annotated[str, typer.Argument(metavar="MODEL", help="Name of the model.")]


@models.command("list")
def list_models(models: Folder = Path("models")) -> None:
    """List models, their versions and which of them are champions."""
    registry = Registry(models)
    table = _table("MODEL", "CHAMPION", "VERSIONS", "OTHER ALIASES")
    for name in registry.model_names():
        aliases = dict(_aliases(registry, name))
        champion = aliases.pop(CHAMPION, None)
        others = ", ".join(f"{alias}: {version}" for alias, version in aliases.items())
        versions = ", ".join(map(str, registry.versions(name)))
        table.add_row(name, str(champion or "-"), versions or "-", escape(others) or "-")
    if not table.row_count:
        typer.echo(f"No models in {models}. Next: slipway train breast_cancer --models {models}")
        return
    Console(emoji=False).print(table)


@models.command()
def show(
    model: Name,
    version: Annotated[int | None, typer.Argument(min=1, metavar="[VERSION]", help="Default: the champion.")] = None,
    models: Folder = Path("models"),
) -> None:
    """Show what is known about a version."""
    registry = Registry(models)
    _print_manifest(registry.read(model, registry.resolve(model, version)).manifest, registry.desired(model).aliases)


@models.command()
def promote(
    model: Name,
    version: Annotated[int, typer.Argument(min=1, help="The version to serve.")],
    alias: Annotated[str, typer.Option(help="Which alias to set.")] = CHAMPION,
    models: Folder = Path("models"),
) -> None:
    """Make a version the champion, or give it another alias.

    Servers follow within seconds.
    """
    registry = Registry(models)
    registry.published(model)
    if not _ALIAS.fullmatch(alias):
        raise UsageError("an alias is a letter, then letters, digits, '_' or '-', at most 64 characters")
    state = registry.promote(model, version, alias)
    typer.echo(f"{model}: {alias} is version {version} (generation {state.generation})")
    typer.echo(f"Next: slipway models rollback {model} --models {models}, should it disappoint")


@models.command()
def rollback(model: Name, models: Folder = Path("models")) -> None:
    """Make the previous champion the champion again."""
    registry = Registry(models)
    registry.published(model)
    state = registry.rollback(model)
    typer.echo(f"{model}: champion is version {state.aliases[CHAMPION]} again (generation {state.generation})")


def _aliases(registry: Registry, name: str) -> dict[str, int]:
    try:
        return registry.desired(name).aliases
    except RegistryError as error:
        typer.echo(f"slipway: {error}", err=True)
        return {}


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_manifest(manifest: ModelManifest, aliases: dict[str, int]) -> None:
    console = Console(emoji=False)
    named = [alias for alias, version in aliases.items() if version == manifest.model_version]
    console.print(f"[bold]{manifest.model_name}[/bold] version {manifest.model_version}  {escape(' '.join(named))}")
    choice = escape(f"variant {manifest.variant}: {manifest.variant_reason}")
    console.print(f"published {manifest.created_at:%Y-%m-%d %H:%M} UTC, {choice}")
    if manifest.provenance.optimized_from is not None:
        console.print(f"made smaller from version {manifest.provenance.optimized_from.version}, without a fit")
    for heading, said in _said(manifest.about):
        console.print(escape(f"{heading}: {said}"))
    for sentence in shortcomings(manifest):
        console.print(f"[bold red]warning[/bold red]: {escape(sentence)}", soft_wrap=True)
    for line in (*map(_in_words, manifest.metrics), *_beside(manifest.evaluation), *_quantized(manifest)):
        console.print(escape(line))
    _print_certificate(console, "the exact graph", manifest.parity)
    chosen = next((v for v in manifest.variants if v.name == manifest.variant), None)
    if chosen is not None and chosen.parity not in (None, manifest.parity) and chosen.parity.kinds:
        _print_certificate(console, f"variant {chosen.name}", chosen.parity)
    if manifest.parity.kinds:
        with_libraries = ", ".join(f"{name} {number}" for name, number in manifest.provenance.libraries.items())
        console.print(f"compared with {escape(with_libraries)}")
    features = _table("FEATURE", "KIND", "MISSING", "SEEN IN TRAINING")
    for feature in manifest.signature.features:
        seen = ", ".join(feature.categories or ()) or _range(feature.minimum, feature.maximum)
        features.add_row(escape(feature.name), feature.kind, "allowed" if feature.nullable else "refused", escape(seen))
    console.print(features)
    files = _table("FILE", "BYTES", "SHA-256")
    for name, file in manifest.files.items():
        files.add_row(escape(name), str(file.size), file.sha256[:16] + "…")
    console.print(files)


def _print_certificate(console: Console, what: str, parity: Parity) -> None:
    console.print(
        f"parity of {what} with {escape(parity.reference)}: {parity.label_flips} changed labels, largest difference "
        f"{parity.largest_difference:.2g} on {parity.rows + parity.edge_rows} rows, {parity.tolerance:.2g} allowed"
    )
    if parity.kinds:
        table = _table(*map(str.upper, certificate.HEADINGS))
        for line in certificate.lines(parity):
            table.add_row(*map(escape, line))
        console.print(table)
    for sentence in parity.not_proved:
        console.print(f"not compared: {escape(sentence)}")


def _said(about: About) -> list[tuple[str, str]]:
    """What people say of the model, where they say something."""
    lines = [
        ("description", about.description),
        ("owner", about.owner),
        ("intended use", about.intended_use),
        ("unit", about.unit),
    ]
    return [(name, said) for name, said in [*lines, *(("limitation", said) for said in about.limitations)] if said]


def _in_words(score: Score) -> str:
    interval = "" if score.interval is None else f" ({score.interval[0]:.4f} to {score.interval[1]:.4f})"
    return f"{score.name} {score.value:.4f}{interval}"


def _beside(evaluation: Evaluation | None) -> list[str]:
    """Who the first score was compared with, and the slices that are worse than the rest."""
    if evaluation is None:
        return []
    compared_models = [
        compared_model for compared_model in (evaluation.baseline, evaluation.champion) if compared_model is not None
    ]
    return [
        *(f"{r.other}: {r.note if r.score is None else _in_words(r.score)}" for r in compared_models),
        *(f"worse where {s.name}: {_in_words(s.score)}, {s.rows} rows" for s in evaluation.found_slices),
    ]


def _quantized(manifest: ModelManifest) -> list[str]:
    """Which 8-bit form is kept or why there is none; versions from before say neither."""
    found = manifest.quantized
    return [] if found is None else [f"quantized form: {found.variant or 'none'}, {found.reason}"]


def _range(minimum: float | None, maximum: float | None) -> str:
    return "" if minimum is None or maximum is None else f"{minimum:g} to {maximum:g}"
