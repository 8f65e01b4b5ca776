import pytest

from slipway_training.data.times import parse_times
from slipway_training.errors import DataCheckFailed


def line(row: int) -> str:
    return f"line {row + 2}"


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["3", "1.5"], [3.0, 1.5]),
        (["1970-01-02", "1970-01-01"], [86400.0, 0.0]),
        (["1970-01-01T01:00:00+01:00", "1970-01-01 00:00:00.5"], [0.0, 0.5]),
    ],
)
def test_numbers_and_dates_can_be_put_in_order(cells: list[str], times: list[float]) -> None:
    assert parse_times("when", cells, line).tolist() == times


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["2026-01-01", ""], "line 3 has no time in 'when'"),
        (["2026-01-01", "soon"], "line 3, column 'when': neither a number nor a date"),
        (["2026-01-01", "2026-02-30"], "line 3, column 'when': neither a number nor a date"),
    ],
)
def test_row_without_a_time_is_refused_by_its_line(cells: list[str], sentence: str) -> None:
    with pytest.raises(DataCheckFailed) as refusal:
        parse_times("when", cells, line)

    assert sentence in str(refusal.value)
    assert "soon" not in str(refusal.value)
