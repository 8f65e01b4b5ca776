"""`slipway bench --variants`: what each stored variant of a model costs on this machine, and which it would choose.

A server runs the first variant in the manifest's order, whatever machine it is on. Here each one that may stand in for
it is pinned in turn, in a service of its own on one core, and asked by wrk from another. They follow each other, so
that memory is that of one.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean, median

from rich.console import Console
from rich.table import Table

from slipway_loadtests import service
from slipway_loadtests.bench.benchmark import choose_model, prepare_all
from slipway_loadtests.bench.figures import Sample, Workload
from slipway_loadtests.bench.machine import raise_priority, this_machine, two_cores
from slipway_loadtests.bench.process_tree import memory
from slipway_loadtests.bench.rounds import Contestant, Pace, take_rounds
from slipway_loadtests.bench.tables import WIDTH
from slipway_loadtests.bench.wrk import check_tools
from slipway_loadtests.endpoints import PREDICT
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import get_json
from slipway_loadtests.published import read_models

ONE, MANY = Workload(PREDICT.name, 1, 1), Workload(PREDICT.name, 100, 1)
WORTH_IT = 0.95
"""Another variant has to take less than this share of the served one's time: timings differ by a few percent."""


@dataclass(frozen=True, slots=True)
class VariantFigure:
    """CPU µs of a request of one row and of a hundred, memory of the service, and seconds until it was ready."""

    name: str
    one_us: float
    many_us: float
    pss_mib: float
    ready_seconds: float

    @property
    def both(self) -> float:
        """Both sizes count alike, as ratios."""
        return geometric_mean((self.one_us, self.many_us))


def run_variants(models: Path, model_name: str, pace: Pace, json_file: Path | None) -> None:
    """Measure, print and, where asked for, write; raises CannotRun."""
    check_tools()
    with raise_priority():
        name, served, figures = measure_variants(models, model_name, pace)
    console = Console(width=WIDTH)
    console.print(f"model {name}, on {this_machine()}\n", soft_wrap=True, markup=False)
    console.print(_table(figures, served))
    console.print()
    for line in advice(name, served, figures):
        console.print(line, soft_wrap=True, markup=False)
    if json_file:
        found = {"model": name, "served": served, "chosen": best(served, figures).name}
        json_file.write_text(json.dumps({**found, "figures": [asdict(one) for one in figures]}, indent=1), "utf-8")


def measure_variants(models: Path, model_name: str, pace: Pace) -> tuple[str, str, list[VariantFigure]]:
    """The model's name, the variant that is served, and a figure for each that may be."""
    cores = two_cores()
    pin = ["taskset", "--cpu-list", str(cores[0])]
    command = service.slipway_command(models)
    with service.running([*pin, *command]) as server:
        name = choose_model(read_models(server.url), model_name).name
        metadata = get_json(f"{server.url}/v2/models/{name}")
    version, served = metadata["versions"][-1], metadata["parameters"]["variant"]
    names = interchangeable(models / name / version / "manifest.json")
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        pinned = Path(folder, "models.toml")
        figures = []
        for variant in names:
            pinned.write_text("\n".join(pin_lines(name, variant)), encoding="utf-8")
            options = ["--model-config-file", str(pinned)]
            figures.append(_measure(variant, [*pin, *command, *options], name, pace, cores[1]))
    return name, served, figures


def interchangeable(manifest: Path) -> list[str]:
    """The variants of a version that give the bits of the published one, which is the first."""
    try:
        document = json.loads(manifest.read_bytes())
    except OSError:
        raise CannotRun(f"{manifest} cannot be read; the service may serve another folder") from None
    others = [
        variant["name"]
        for variant in document["variants"]
        if variant["passed"] and variant["bit_equal"] and variant["file"] in document["files"]
    ]
    return list(dict.fromkeys([document["variant"], *others]))


def _measure(variant: str, command: Sequence[str], name: str, pace: Pace, core: int) -> VariantFigure:
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder, service.running(command) as server:
        found = get_json(f"{server.url}/v2/models/{name}")["parameters"]["variant"]
        if found != variant:
            raise CannotRun(f"the service cannot use variant {variant!r} of model {name!r}; slipway doctor says why")
        model = choose_model(read_models(server.url), name)
        work = prepare_all(model, (ONE, MANY), server.url, Path(folder))
        samples = take_rounds([Contestant(variant, server)], work, pace, core, lambda: None)
        return VariantFigure(
            variant,
            _median(samples, ONE),
            _median(samples, MANY),
            memory(server.process.pid).pss_mib,
            server.ready_after,
        )


def _median(samples: Sequence[Sample], workload: Workload) -> float:
    return median(sample.cpu_us for sample in samples if sample.workload == workload)


def best(served: str, figures: Sequence[VariantFigure]) -> VariantFigure:
    """The fastest, where it is faster than the served one by more than what measuring is unsure of."""
    own = next(figure for figure in figures if figure.name == served)
    fastest = min(figures, key=lambda figure: figure.both)
    return fastest if fastest.both < WORTH_IT * own.both else own


def pin_lines(name: str, variant: str) -> tuple[str, str]:
    """What the file of `--model-config-file` says to serve a variant."""
    return f"[models.{json.dumps(name)}]", f"variant = {json.dumps(variant)}"


def advice(name: str, served: str, figures: Sequence[VariantFigure]) -> Iterator[str]:
    """What this machine would choose, and how it is told to."""
    own = next(figure for figure in figures if figure.name == served)
    chosen = best(served, figures)
    if len(figures) == 1:
        yield f"{served} is the only variant that gives these predictions to the bit."
    elif chosen is own:
        yield f"This machine would choose {served}, which is served: none takes less than {WORTH_IT:.0%} of its time."
    else:
        share = f"{chosen.both / own.both:.0%} of the time of {served}"
        yield f"This machine would choose {chosen.name}: {share}, the same bits."
        yield "To serve it here, put this into a file and name it with --model-config-file:"
        yield from (f"  {line}" for line in pin_lines(name, chosen.name))


def _table(figures: Sequence[VariantFigure], served: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("variant", no_wrap=True)
    for column in ("CPU µs, 1 row", "CPU µs, 100 rows", "PSS MiB", "ready s"):
        table.add_column(column, justify="right")
    table.add_column("")
    for figure in figures:
        numbers = (
            f"{figure.one_us:,.0f}",
            f"{figure.many_us:,.0f}",
            f"{figure.pss_mib:.1f}",
            f"{figure.ready_seconds:.2f}",
        )
        table.add_row(figure.name, *numbers, "served" if figure.name == served else "")
    return table
