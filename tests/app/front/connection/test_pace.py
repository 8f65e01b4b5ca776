"""The credit of bytes that move."""

from slipway_ml.front.connection.pace import BYTES_PER_SECOND, Pace


def test_what_stands_still_is_late_after_its_seconds() -> None:
    pace = Pace(now=100.0, seconds=5.0)

    assert not pace.is_late(105.0)
    assert pace.is_late(105.1)
    assert pace.stalled(103.0) == 3.0


def test_what_moves_fast_enough_is_never_late() -> None:
    pace = Pace(now=0.0, seconds=5.0)
    for second in range(1, 100):
        pace.note(second, second * BYTES_PER_SECOND)

    assert pace.stalled(99.0) == 0.0


def test_a_byte_a_second_buys_hardly_any_time() -> None:
    pace = Pace(now=0.0, seconds=5.0, left=1_000_000)
    for second in range(1, 6):
        pace.note(second, 1_000_000 - second)

    assert pace.is_late(5.1)


def test_a_burst_buys_no_more_than_the_seconds() -> None:
    pace = Pace(now=0.0, seconds=5.0)
    pace.note(1.0, 10**9)

    assert pace.is_late(6.1)
