"""`slipway doctor`: what the machine offers, what each model would use of it, and why.

Every champion is loaded and checked as a server would do it, so what is printed is what happens. Exit codes: 0 all can
be served, 3 one cannot, or the limits do not fit into the memory.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway_ml.cli.given_settings import read_settings
from slipway_ml.front.memory.plan import MemoryPlan, plan_memory
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.machine import Machine, this_machine
from slipway_ml.serving.batcher import INLINE_SECONDS
from slipway_ml.serving.execution import execution_of
from slipway_ml.serving.servable import Servable
from slipway_ml.serving.variants import MANY_ROWS
from slipway_ml.serving.version_loader import VersionLoader

_REFUSED = 3
_MICRO = 1e6
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One model: how it would be served, or the reason why it would not."""

    model: str
    version: int
    execution: dict[str, str | int]
    microseconds: dict[int, float]
    problem: str = ""


def doctor(
    *,
    models: Annotated[
        Path | None, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder. Default: models.")
    ] = None,
    model_config_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="SLIPWAY_MODEL_CONFIG_FILE", help="Options for single models."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(metavar="auto|cpu|cuda|tensorrt|openvino", envvar="SLIPWAY_DEVICE", help="As of serve."),
    ] = None,
    threads: Annotated[str | None, typer.Option(metavar="INT", envvar="SLIPWAY_THREADS", help="As of serve.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the machine's execution providers and what each model uses.

    Each model is tried as `slipway serve` would load it, and the reason of every choice is said.
    """
    # All of a server, which the list of commands does without.
    from slipway_ml.main import memory_limits, serving_options  # noqa: PLC0415

    logging.getLogger("slipway").addHandler(logging.NullHandler())  # what it would say is in the table
    given = {"models": models, "model_config_file": model_config_file, "device": device, "threads": threads}
    settings = read_settings({name: value for name, value in given.items() if value is not None})
    machine, registry = this_machine(), Registry(settings.models)
    memory = plan_memory(memory_limits(settings))
    with ThreadPoolExecutor(1) as executor:
        loader = VersionLoader(registry, serving_options(settings), executor, Metrics(), seconds=settings.load_seconds)
        findings = list(_examine(registry, loader))
    if json:
        document = {
            "machine": asdict(machine),
            "memory": asdict(memory),
            "models": [asdict(finding) for finding in findings],
        }
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    else:
        _print(machine, memory, findings, settings.models)
    raise typer.Exit(_REFUSED if memory.problems or any(finding.problem for finding in findings) else 0)


def _examine(registry: Registry, loader: VersionLoader) -> Iterator[Finding]:
    for name in registry.model_names():
        state = registry.desired(name)
        version = state.aliases.get(CHAMPION)
        if version is None:
            continue
        servable = loader.load(name, version, state.manifest_sha256.get(version))
        if servable is None:
            yield Finding(name, version, {}, {}, loader.why_refused(name, version))
        else:
            yield Finding(name, version, execution_of(servable), _microseconds(servable))


def _microseconds(servable: Servable) -> dict[int, float]:
    return {rows: round(servable.variant.cost.seconds(rows) * _MICRO, 1) for rows in (1, MANY_ROWS, 1000)}


def _print(machine: Machine, memory: MemoryPlan, findings: list[Finding], folder: Path) -> None:
    console = Console(emoji=False)
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    for name, value in _facts(machine, memory):
        facts.add_row(name, escape(value))
    console.print(facts)
    console.print()
    for sentence in memory.problems + memory.warnings:
        console.print(f"{escape(sentence)}.\n")
    if not findings:
        console.print(f"No model with a champion in {folder}. Next: slipway train breast_cancer --models {folder}")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("MODEL", "VERSION", "VARIANT", "RUNS ON", "THREADS", "µs FOR 1 / 64 / 1000 ROWS"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        table.add_row(*map(escape, _row(finding)))
    console.print(table)
    console.print()
    for reason, names in _reasons(findings).items():
        console.print(f"{', '.join(names)}: {escape(reason)}")
    bad = [finding for finding in findings if finding.problem]
    if bad:
        console.print(f"\n{len(bad)} of {len(findings)} models cannot be served as they are.")
    else:
        console.print(f"\nAll can be served. Next: slipway serve --models {folder}")


def _facts(machine: Machine, memory: MemoryPlan) -> Iterator[tuple[str, str]]:
    yield "processor", f"{machine.processor} ({', '.join(machine.instructions) or 'no vector instructions known'})"
    quota = "no quota" if machine.quota is None else f"a quota of {machine.quota:g}"
    left = f"affinity leaves {machine.affinity}, the container has {quota}"
    yield "cores", f"{machine.usable} usable: of {machine.processors}, {left}"
    limit = machine.memory_limit
    yield "memory limit", "none" if limit is None else f"{limit / _MIB:,.0f} MiB"
    each = f"{memory.budget / _MIB:,.0f} MiB for requests and {memory.reserve / _MIB:,.0f} MiB in reserve"
    yield "memory of a server", f"at most {memory.peak / _MIB:,.0f} MiB; each worker has {each}"
    yield "onnxruntime", f"{machine.onnxruntime} with {', '.join(machine.providers)}"
    yield "devices", ", ".join(machine.devices) or "none reported"


def _row(finding: Finding) -> tuple[str, ...]:
    if finding.problem:
        return finding.model, str(finding.version), "-", "-", "-", "-"
    execution = finding.execution
    return (
        finding.model,
        str(finding.version),
        str(execution["variant"]),
        str(execution["provider"]),
        str(execution["threads"]),
        " / ".join(f"{value:,.0f}" for value in finding.microseconds.values()),
    )


def _reasons(findings: list[Finding]) -> dict[str, list[str]]:
    """Why it is so, said once for all models of which it is true."""
    reasons: dict[str, list[str]] = {}
    for finding in findings:
        execution = finding.execution
        if finding.problem:
            said = [f"cannot be served: {finding.problem}"]
        else:
            where = "on the event loop" if finding.microseconds[1] <= INLINE_SECONDS * _MICRO else "in a thread"
            said = [str(execution[key]) for key in ("reason", "placement", "variant_reason", "serving")]
            said.append(f"one row runs {where}")
        for reason in said:
            reasons.setdefault(reason, []).append(finding.model)
    return reasons
