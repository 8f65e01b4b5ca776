from dataclasses import replace

import numpy as np

from slipway_training.data.checks.overlap import check_overlap
from tests.training.tables import table

ROWS = table([0, 1, 0, 1], a=[1.0, 2.0, np.nan, 4.0], b=["x", "", "x", "y"])
FIRST, LAST = np.array([0, 1, 2]), np.array([2, 3])


def test_row_on_both_sides_is_counted_missing_cells_included() -> None:
    (finding,) = check_overlap(ROWS.take(FIRST), ROWS.take(LAST))

    assert (finding.check, finding.rows, finding.of) == ("shared_rows", 1, 2)


def test_alike_row_with_another_label_is_not_the_same_row() -> None:
    other = replace(ROWS, target=1 - ROWS.target)

    assert not list(check_overlap(ROWS.take(FIRST), other.take(FIRST)))


def test_group_on_both_sides_is_counted() -> None:
    grouped = replace(ROWS, groups=np.array(["ann", "bob", "bob", "bob"], dtype=object))

    (finding,) = check_overlap(grouped.take(np.array([0, 1])), grouped.take(LAST))

    assert (finding.check, finding.rows, finding.of) == ("shared_groups", 2, 2)


def test_rows_from_the_future_are_counted() -> None:
    timed = replace(ROWS, times=np.array([1.0, 9.0, 5.0, 6.0]))

    (finding,) = check_overlap(timed.take(np.array([0, 1])), timed.take(LAST))
    assert (finding.check, finding.rows, finding.of) == ("future_rows", 1, 2)

    assert not list(check_overlap(timed.take(np.array([0])), timed.take(LAST)))
