"""Results as tables for people, within 100 columns."""

from rich.table import Table

from slipway_loadtests.bench.figures import Figure
from slipway_loadtests.bench.startup import Startup
from slipway_loadtests.bench.targets import Target
from slipway_loadtests.bench.two_workers import WorkersFigure

WIDTH = 100


def figures_table(figures: list[Figure]) -> Table:
    """Rate, latency and CPU time per workload and server."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("workload", no_wrap=True)
    table.add_column("conns", justify="right")
    table.add_column("server", no_wrap=True)
    for column in ("req/s", "p50 ms", "p99 ms", "CPU µs", "CPU eff.", "failed"):
        table.add_column(column, justify="right")
    previous = None
    for figure in figures:
        is_new = figure.workload != previous
        previous = figure.workload
        table.add_row(
            str(figure.workload) if is_new else "",
            str(figure.workload.connections) if is_new else "",
            figure.server,
            f"{figure.requests_per_second:,.0f}",
            f"{figure.p50_ms:.2f}",
            f"{figure.p99_ms:.2f}",
            f"{figure.cpu_us:,.0f}",
            f"{figure.cpu_efficiency:.2f}",
            str(figure.failed),
        )
    return table


def startup_table(startup: Startup) -> Table:
    """Memory and time to ready, against a process that only imports fastapi, uvicorn and onnxruntime."""
    table = Table("started", box=None, pad_edge=False, header_style="bold")
    for column in ("private MiB", "PSS MiB", "ready s", "CPU s"):
        table.add_column(column, justify="right")
    for name, memory, seconds, cpu in (
        ("slipway", startup.service, startup.ready_seconds, startup.ready_cpu_seconds),
        ("imports only", startup.imports, startup.import_seconds, startup.import_cpu_seconds),
    ):
        table.add_row(name, f"{memory.private_mib:.1f}", f"{memory.pss_mib:.1f}", f"{seconds:.2f}", f"{cpu:.2f}")
    ratios = f"x {startup.ready_ratio:.2f}", f"x {startup.ready_cpu_ratio:.2f}"
    table.add_row("difference, ratio", f"{startup.private_mib_over_imports:+.1f}", "", *ratios, style="bold")
    return table


def workers_table(figures: list[WorkersFigure]) -> Table:
    """One worker and two, on two cores that they share with the load generator."""
    table = Table("both cores, 1 row, 64 conns", box=None, pad_edge=False, header_style="bold")
    for column in ("requests/s", "CPU µs", "generator's cores", "used of the rest", "failed"):
        table.add_column(column, justify="right")
    for figure in figures:
        table.add_row(
            figure.server,
            f"{figure.requests_per_second:,.0f}",
            f"{figure.cpu_us:,.0f}",
            f"{figure.generator_cores:.2f}",
            f"{figure.used_of_left:.2f}",
            str(figure.failed),
        )
    return table


def targets_table(targets: list[Target]) -> Table:
    """What was to be reached, beside what was."""
    table = Table("target", box=None, pad_edge=False, header_style="bold")
    for column in ("measured", "limit"):
        table.add_column(column, justify="right")
    table.add_column("")
    for target in targets:
        limit = f"{'≥' if target.is_least else '≤'} {target.limit:.2f}"
        style = "" if target.is_met else "bold"
        table.add_row(target.what, f"{target.measured:.2f}", limit, "met" if target.is_met else "missed", style=style)
    return table
