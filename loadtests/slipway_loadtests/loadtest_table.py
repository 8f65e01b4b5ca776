"""A load test's report as a table for people."""

from rich.table import Table

from slipway_loadtests.slo import Line, Report


def loadtest_table(report: Report) -> Table:
    """One row per endpoint and model, and one over all."""
    table = Table("endpoint and model", box=None, pad_edge=False, header_style="bold")
    for column in ("requests", "requests/s", "p50 ms", "p95 ms", "p99 ms", "failed"):
        table.add_column(column, justify="right")
    for line in report.lines:
        table.add_row(*_cells(line))
    table.add_section()
    table.add_row(*_cells(report.overall), style="bold")
    return table


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.name,
        str(line.requests),
        f"{line.requests_per_second:.1f}",
        f"{line.p50_ms:.2f}",
        f"{line.p95_ms:.2f}",
        f"{line.p99_ms:.2f}",
        str(line.failed),
    )
