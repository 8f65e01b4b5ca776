"""The report of the open loop."""

from io import StringIO

from rich.console import Console

from loadtests.bench.arrivals import Latencies, OpenLoop, report


def test_report_says_rate_ratio_and_what_the_neighbour_did_to_it() -> None:
    loads = [Latencies("slipway beside the neighbour, 50%", 1000.0, 0.5, 2.0, 4.5, 0.9995, 1)]
    console = Console(width=100, record=True, file=StringIO())

    for part in report(OpenLoop("one", "two", 4000.0, 3000.0, 12.5, loads)):
        console.print(part)

    text = console.export_text()
    words = " ".join(text.split())
    assert "99 % within 10 ms: 3,000 requests/s, 0.75 of the peak" in words
    assert "neighbour two: 12.5 bodies of 1,000 rows a second" in words
    assert text.split()[-6:] == ["1,000", "0.50", "2.00", "4.50", "99.95%", "1"]
