"""Targets beside synthetic measurements."""

import pytest

from slipway_loadtests.bench.figures import Figure, Workload
from slipway_loadtests.bench.targets import BYTES, HUNDRED, MIXED, SINGLE, Target, targets
from slipway_loadtests.bench.two_workers import ONE, TWO, WorkersFigure


def figure(workload: Workload, cpu_us: float, floor_us: float, p50_ms: float = 1.0) -> Figure:
    return Figure("slipway", workload, 1000.0, p50_ms, 2.0, cpu_us, floor_us / cpu_us, 1.0, 0)


def measured(
    workload: Workload, cpu_us: float, floor_us: float, *, p50_ms: float = 1.0, run_us: float | None = None
) -> dict[str, float]:
    """By the sentence's end, what was measured for one workload; the bare app's p50 is 1 ms."""
    ours, floor = figure(workload, cpu_us, floor_us, p50_ms), figure(workload, floor_us, floor_us)
    found = targets({workload: ours}, {workload: floor}, run_us, [])
    return {target.what.rpartition(": ")[2]: round(target.measured, 3) for target in found}


def test_single_request_has_a_target_for_time_and_one_for_latency() -> None:
    assert measured(SINGLE, 100.0, 70.0, p50_ms=1.5) == {"CPU efficiency": 0.7, "p50 over the bare app's": 1.5}


def test_bytes_are_held_against_the_bare_app_and_the_run_together() -> None:
    assert measured(BYTES, 300.0, 200.0, run_us=50.0) == {
        "CPU time over the bare app's": 1.5,
        "CPU time over session.run and bare app": 1.2,
    }


def test_model_of_the_user_is_judged_by_what_is_beside_its_own_runs() -> None:
    single, hundred = figure(SINGLE, 1_100.0, 70.0, p50_ms=2.0), figure(HUNDRED, 11_000.0, 400.0)
    floor = {SINGLE: figure(SINGLE, 70.0, 70.0), HUNDRED: figure(HUNDRED, 400.0, 400.0)}
    found = targets({SINGLE: single, HUNDRED: hundred}, floor, None, [], {1: 1_000.0, 100: 10_000.0})

    assert {target.what.partition(": ")[2]: (round(target.measured, 3), target.is_met) for target in found} == {
        "CPU efficiency, session.run left out": (0.973, True),
        "p50 over the bare app's and run": (1.0, True),
        "CPU time over the bare app's and run": (1.058, True),
    }


def test_what_was_not_measured_has_no_target() -> None:
    assert list(targets({}, {}, None, [])) == []
    assert measured(MIXED, 100.0, 70.0) == {"CPU efficiency": 0.7}


@pytest.mark.parametrize(
    ("value", "limit", "is_least", "is_met"),
    [(0.7, 0.7, True, True), (0.69, 0.7, True, False), (2.6, 2.6, False, True), (2.61, 2.6, False, False)],
)
def test_target_is_met_at_its_limit(value: float, limit: float, is_least: bool, is_met: bool) -> None:
    assert Target("it", value, limit, is_least).is_met is is_met


def test_second_worker_is_held_against_the_first_and_what_the_generator_leaves() -> None:
    one = WorkersFigure(ONE, 30_000.0, 30.0, 0.4, 0.6, 0)
    two = WorkersFigure(TWO, 50_000.0, 33.0, 0.4, 0.9, 0)

    found = list(targets({}, {}, None, [one, two]))

    assert [(round(target.measured, 2), target.is_met) for target in found] == [(1.1, True), (0.9, False)]
