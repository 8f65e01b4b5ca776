"""A load test from start to verdict: a service, a Locust run against it, the table, and what was missed."""

from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from slipway_loadtests import service
from slipway_loadtests.loadtest_table import loadtest_table
from slipway_loadtests.locust_run import Load, run_locust
from slipway_loadtests.published import read_models
from slipway_loadtests.slo import Limits, missed


def run_loadtest(url: str, models: Path, load: Load, limits: Limits) -> bool:
    """Whether every objective was met, at `url` or, when that is empty, by a service of our own on `models`."""
    console = Console()
    own = None if url else service.running(service.slipway_command(models))
    with own or nullcontext() as server:
        target = server.url if server else url
        served = read_models(target, load.model)
        console.print(
            f"{_described(load)} against {target}, models: {', '.join(model.name for model in served)}", soft_wrap=True
        )
        with console.status("measuring"):
            report = run_locust(target, load, limits)
    console.print(loadtest_table(report))
    sentences = missed(report, limits)
    for sentence in sentences:
        console.print(f"[red]missed[/red] {sentence}")
    if not sentences:
        times = f"p50 {limits.p50_ms:g} ms, p95 {limits.p95_ms:g} ms, p99 {limits.p99_ms:g} ms"
        console.print(f"[green]passed[/green] objectives: {times}, no failure; every body was checked", soft_wrap=True)
    return not sentences


def _described(load: Load) -> str:
    pace = f"{load.pace:g} requests/s each" if load.pace else "without a pause"
    if load.shape:
        return f"the stages of '{load.shape}', users asking {pace},"
    return f"{load.users} users, {pace}, for {load.seconds} s"
