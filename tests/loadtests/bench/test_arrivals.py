"""The report of the open loop."""

from io import StringIO

from rich.console import Console

from slipway_loadtests.bench.arrivals import Latencies, OpenLoop, report
from slipway_loadtests.bench.benchmark import BARE, SLIPWAY


def load(server: str, what: str, rate: float, p99: float, p999: float, failed: int = 0) -> Latencies:
    return Latencies(server, what, rate, 0.5, p99, p999, 0.9995, failed, 0.07)


def beside(ours: float) -> list[Latencies]:
    return [
        load(server, f"{share}% of that", 1000.0, 1.0, p999)
        for share in (50, 80)
        for server, p999 in ((BARE, 4.0), (SLIPWAY, ours))
    ]


def words(result: OpenLoop) -> str:
    console = Console(width=100, record=True, file=StringIO())
    for part in report(result):
        console.print(part)
    return " ".join(console.export_text().split())


def test_report_says_the_highest_rate_in_time_and_what_the_neighbour_did_to_it() -> None:
    alone = [
        load(BARE, "80% of the peak", 3200.0, 2.0, 3.0),
        load(SLIPWAY, "80% of the peak", 3200.0, 9.9, 12.0),
        load(SLIPWAY, "90% of the peak", 3600.0, 10.1, 20.0),
    ]

    text = words(OpenLoop("one", "two", 4000.0, 12.5, alone, beside(6.0)))

    assert "met: 99 % within 10 ms up to 3,200 requests/s, 0.80 of the closed-loop peak" in text
    assert "load on model two, which is sent 12.5 bodies of 1,000 rows a second" in text
    assert "met: with load on the second model at 80% of that, 99.9 % within 6.00 ms, 1.5 times" in text
    assert "80% of the peak slipway 3,200 0.50 9.90 12.00 99.95% 0 0.07" in text


def test_a_rate_at_which_a_request_failed_is_not_kept() -> None:
    alone = [
        load(BARE, "30% of the peak", 1200.0, 1.0, 2.0),
        load(SLIPWAY, "30% of the peak", 1200.0, 1.0, 2.0, failed=1),
    ]

    text = words(OpenLoop("one", "two", 4000.0, 12.5, alone, beside(9.0)))

    assert "missed: 99 % within 10 ms up to 0 requests/s" in text
    assert "missed: with load on the second model at 50% of that, 99.9 % within 9.00 ms, 2.2 times" in text
