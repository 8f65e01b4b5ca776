"""Objectives: exact percentiles, verdicts both ways, and sentences that say which promise was missed."""

from pathlib import Path

import pytest

from slipway_loadtests.slo import Limits, Tally, missed, percentile, read_report


def _hundred_times() -> Tally:
    """One endpoint answers in 1 to 100 ms."""
    tally = Tally()
    for milliseconds in range(1, 101):
        tally.add("predict a", milliseconds, None)
    return tally


def test_a_report_within_its_limits_misses_nothing() -> None:
    report = _hundred_times().report(seconds=10)

    assert missed(report, Limits(p50_ms=50, p95_ms=95, p99_ms=99, requests_per_second=10)) == []


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(p50_ms=49, p95_ms=999, p99_ms=999), "p50 is 50.0 ms, promised are 49 ms"),
        (Limits(p50_ms=999, p95_ms=94, p99_ms=999), "p95 is 95.0 ms, promised are 94 ms"),
        (Limits(p50_ms=999, p95_ms=999, p99_ms=98.5), "p99 is 99.0 ms, promised are 98.5 ms"),
        (Limits(999, 999, 999, requests_per_second=11), "10 requests/s were answered, the objective is 11"),
    ],
)
def test_each_missed_limit_is_said_with_both_numbers(limits: Limits, sentence: str) -> None:
    assert missed(_hundred_times().report(seconds=10), limits) == [sentence]


def test_a_single_failed_request_misses_whatever_the_times() -> None:
    tally = _hundred_times()
    tally.add("predict b", 1, "status 503")

    assert missed(tally.report(10), Limits(999, 999, 999)) == ["1 of 101 requests failed: 1 x status 503"]


def test_a_test_without_requests_is_no_pass() -> None:
    assert missed(Tally().report(seconds=10), Limits()) == ["no request got a response"]


def test_overall_covers_all_doors_and_each_line_only_its_own() -> None:
    tally = Tally()
    tally.add("predict a", 1, None)
    tally.add("predict b", 3, "not JSON")

    report = tally.report(seconds=2)

    assert [(line.name, line.requests, line.failed) for line in report.lines] == [
        ("predict a", 1, 0),
        ("predict b", 1, 1),
    ]
    assert (report.overall.requests, report.overall.requests_per_second, report.overall.failed) == (2, 1.0, 1)


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    report = _hundred_times().report(seconds=10)

    report.write(tmp_path / "report.json")

    assert read_report(tmp_path / "report.json") == report


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 2), (0.51, 3), (0.99, 4), (0.01, 1)], ids=["half", "just over", "most", "few"]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([1, 2, 3, 4], share) == value
