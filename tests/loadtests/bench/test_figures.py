"""The arithmetic of the benchmark on numbers that can be checked by hand."""

from slipway_loadtests.bench.figures import figures
from tests.loadtests.samples import ONE_ROW, sample


def test_cpu_time_is_shared_out_over_the_requests() -> None:
    assert sample("ours", requests=2000, cpu_seconds=0.5).cpu_us == 250


def test_a_figure_is_the_median_of_its_rounds() -> None:
    rounds = [sample("bare", requests, 0.1, p50_ms=ms) for requests, ms in ((900, 3.0), (100, 1.0), (500, 2.0))]

    (figure,) = figures(rounds, reference="bare")

    assert (figure.requests_per_second, figure.p50_ms, figure.p99_ms) == (500, 2.0, 4.0)


def test_ratios_compare_measurements_of_the_same_round() -> None:
    """Twice the cost in a quiet round and in a busy one is twice the cost, though the medians differ by more."""
    taken = [
        *(sample("bare", 1000, 0.1), sample("ours", 500, 0.1)),
        *(sample("bare", 400, 0.1), sample("ours", 200, 0.1)),
        *(sample("bare", 4000, 0.1), sample("ours", 100, 0.1)),
    ]

    ours = figures(taken, reference="bare")[1]

    assert ours.cpu_efficiency == 0.5
    assert ours.rate_ratio == 0.5


def test_the_reference_is_as_good_as_itself() -> None:
    (bare,) = figures([sample("bare", 1000, 0.2), sample("bare", 10, 0.3)], reference="bare")

    assert (bare.cpu_efficiency, bare.rate_ratio, bare.workload) == (1.0, 1.0, ONE_ROW)


def test_failures_of_all_rounds_add_up() -> None:
    (figure,) = figures([sample("bare", 9, 0.1, failed=2), sample("bare", 9, 0.1, failed=3)], reference="bare")

    assert figure.failed == 5


def test_a_server_that_answered_nothing_has_no_efficiency() -> None:
    taken = [sample("bare", 1000, 0.1), sample("ours", 0, 0.0)]

    ours = figures(taken, reference="bare")[1]

    assert (ours.cpu_efficiency, ours.rate_ratio) == (0.0, 0.0)
