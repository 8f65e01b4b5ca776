"""The estimate of what a run takes, and how it follows what runs really take."""

import pytest

from slipway_ml.serving.cost_line import CostLine


def test_line_is_fixed_plus_per_row() -> None:
    assert CostLine(2.0, 0.5).seconds(4) == 4.0
    assert CostLine(2.0, 0.5).seconds(4, runs=3) == 8.0


def test_runs_that_take_longer_move_the_estimate_towards_them() -> None:
    line = CostLine(0.001, 0.0)

    for _ in range(40):
        line.learn(1, 0.05)

    assert line.seconds(1) == pytest.approx(0.05, rel=0.01)


def test_one_hiccup_counts_little() -> None:
    line = CostLine(0.001, 0.0)

    line.learn(1, 10.0)

    assert line.seconds(1) < 0.003


def test_estimate_never_falls_far_below_what_was_measured() -> None:
    line = CostLine(1.0, 0.0)

    for _ in range(100):
        line.learn(1, 0.0)

    assert line.seconds(1) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (CostLine(0.005, 0.0), 2**31),
        (CostLine(0.001, 0.005), 3),
        (CostLine(0.010, 0.001), 100),
        (CostLine(0.0, 1.0), 1),
    ],
    ids=["fixed alone", "as long as is worth waiting", "as long as sharing pays", "one at a time"],
)
def test_batches_end_where_sharing_no_longer_pays(line: CostLine, rows: int) -> None:
    assert line.rows_worth_joining(0.02, 0.1) == rows
