from dataclasses import replace

import numpy as np

from slipway_training.data.checks.future import check_future
from tests.training.tables import config_for, table

DAY = 86_400.0
ROWS = table(
    [0, 1, 0], paid=["1970-01-02", "1970-01-05", ""], born=["1960-01-01", "1961-01-01", "1962-01-01"], b=["x", "y", "z"]
)


def test_date_after_the_time_of_its_row_is_found() -> None:
    timed = replace(ROWS, times=np.array([2 * DAY, 2 * DAY, 2 * DAY]))

    (finding,) = check_future(timed, config_for())

    assert (finding.check, finding.column, finding.rows, finding.of) == ("future_values", "paid", 1, 3)


def test_without_a_column_of_times_nothing_is_the_future() -> None:
    assert not list(check_future(ROWS, config_for()))
