"""What the commands of training print: tables of trials and variants, warnings, and what was published."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway_ml.contract.manifest import ModelManifest, Selection
from slipway_ml.contract.merit import shortcomings
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.variant import Quantized, Variant
from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.report.files import REPORT


def show_selection(console: Console, selection: Selection) -> None:
    """The Pareto front of a search, cheapest first, and which of it was taken by which rule."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Pareto front", no_wrap=True)
    for heading in (selection.scoring, "+/-", "us@1", "KiB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("parameters", overflow="fold")
    for trial in (*selection.front, *(() if selection.chosen in selection.front else (selection.chosen,))):
        figures = (f"{trial.score:.4f}", f"{trial.standard_error:.4f}", f"{trial.latency_us:.0f}")
        style = "bold green" if trial == selection.chosen else ""
        parameters = ", ".join(f"{name}={_short(value)}" for name, value in trial.parameters.items())
        table.add_row(trial.estimator, *figures, f"{trial.size / 1024:.1f}", escape(parameters), style=style)
    console.print()
    console.print(table)
    console.print(f"[bold]Taken[/bold]: {escape(selection.rule)}, of {selection.trials} trials", soft_wrap=True)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def show_warnings(console: Console, manifest: ModelManifest) -> None:
    """What the checks of the data found that did not stop the training."""
    for finding in manifest.findings:
        console.print(
            f"  [yellow]warning[/yellow]       {escape(finding.message)}; {escape(finding.remedy)}", soft_wrap=True
        )


def show_variants(console: Console, manifest: ModelManifest) -> None:
    """The table of a version's variants, which was chosen and why, and what was refused."""
    show_choice(console, manifest.variants, manifest.variant, manifest.variant_reason, manifest.quantized)


def show_choice(
    console: Console, variants: Sequence[Variant], chosen: str, reason: str, quantized: Quantized | None = None
) -> None:
    """The same of variants that may not be published yet."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("variant", no_wrap=True)
    for heading in ("KiB", "us@1", "us@64", "us@1000", "flips", "change"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for variant in variants:
        if variant.parity is not None:
            table.add_row(*_cells(variant, variant.parity, chosen))
    console.print()
    console.print(table)
    console.print(f"[bold]Chosen[/bold]: {escape(reason)}", soft_wrap=True)
    if quantized is not None:
        kept = "" if quantized.variant is None else f"{quantized.variant}, kept as {quantized.file}: "
        console.print(f"[bold]Quantized[/bold]: {escape(kept + quantized.reason)}", soft_wrap=True)
    for was_built, word in ((True, "Refused"), (False, "Not built")):
        own = [one for one in variants if (one.parity is not None) == was_built]
        for verdict, names in _refusals(own, reason).items():
            console.print(f"{word}: {escape(', '.join(names))}: {escape(verdict)}", soft_wrap=True)
    for name, why in {name: why for one in variants if one.passed for name, why in one.declined.items()}.items():
        console.print(f"Left out: {escape(name)}: {escape(why)}", soft_wrap=True)


def _refusals(variants: Sequence[Variant], reason: str) -> dict[str, list[str]]:
    """The names of the variants under each verdict that the reason of the choice does not tell already."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        if not variant.passed and variant.verdict not in reason:
            found.setdefault(variant.verdict, []).append(variant.name)
    return found


def _cells(variant: Variant, parity: Parity, chosen: str) -> list[str]:
    verdict = "refused" if not variant.passed else "[bold green]chosen[/]" if variant.name == chosen else "passed"
    judged = parity.kinds[0] if parity.kinds else parity  # manifests from before have no kinds
    return [
        variant.name,
        f"{(variant.size or 0) / 1024:.1f}",
        *(f"{microseconds:.0f}" for microseconds in variant.latency_us.values()),
        str(judged.label_flips),
        f"{judged.largest_difference:.1e}",
        verdict,
    ]


def show_version(console: Console, registry: Registry, version: StoredVersion) -> None:
    """What was published, and what to type next."""
    manifest = version.manifest
    size = manifest.files["model.onnx"].size
    champion = registry.desired(manifest.model_name).aliases.get(CHAMPION)
    is_champion = champion == manifest.model_version
    waiting = f"the champion is still version {champion}" if champion else "no version is the champion"
    role = "the champion" if is_champion else waiting
    for sentence in shortcomings(manifest):
        served = "it serves because it was promoted" if is_champion else "it does not serve until it is promoted"
        console.print(f"[bold red]Warning[/bold red]: {escape(sentence)}; {served}", soft_wrap=True)
    console.print(
        f"Version {manifest.model_version} of {manifest.model_name}: {manifest.variant}, {size:,} bytes, {role}",
        soft_wrap=True,
    )
    if not is_champion:
        console.print(f"Promote: slipway models promote {manifest.model_name} {manifest.model_version}", soft_wrap=True)
    if REPORT in manifest.files:
        console.print(f"Report:  {escape(str(version.folder / REPORT))}", soft_wrap=True)
    console.print(f"Next:    slipway serve --models {escape(str(registry.root))}", soft_wrap=True)
