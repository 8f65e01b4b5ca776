import pandas as pd
from pandas.testing import assert_frame_equal

from tests.training.prepared import prepared
from training.optimizer.latency import timing_rows

FRAME = prepared("titanic").held_out.frame


def test_rows_for_timing_are_many_and_like_those_given() -> None:
    rows = timing_rows(FRAME)

    assert len(rows) == 4000
    assert all(set(rows[name].dropna()) <= set(FRAME[name].dropna()) for name in FRAME.columns)


def test_rows_for_timing_are_nearly_all_different() -> None:
    assert len(timing_rows(prepared("breast_cancer").held_out.frame).drop_duplicates()) == 4000


def test_rows_for_timing_are_the_same_for_the_same_frame() -> None:
    assert_frame_equal(timing_rows(FRAME), timing_rows(pd.DataFrame(FRAME)))
