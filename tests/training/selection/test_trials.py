from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slipway_training.selection.trials import CompletedTrial, beaten_by, front
from tests.training.selection.tries import MIDDLE, QUICK, SLOW, WORSE, tried

points = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=12)


def test_front_leaves_out_what_another_beats_in_both() -> None:
    assert front([SLOW, WORSE, QUICK, MIDDLE], "latency") == [QUICK, MIDDLE, SLOW]
    assert front([SLOW, WORSE, QUICK, MIDDLE], "size") == [MIDDLE, SLOW]
    assert front([SLOW, WORSE, QUICK, MIDDLE], "nothing") == [SLOW]


def is_as_good(one: CompletedTrial, other: CompletedTrial) -> bool:
    return one.score >= other.score and one.expense("latency") <= other.expense("latency")


@given(points)
def test_every_trial_is_beaten_or_equalled_by_one_of_the_front(given_points: list[tuple[int, int]]) -> None:
    every = [tried(number, [score, score], latency) for number, (score, latency) in enumerate(given_points)]

    best = front(every, "latency")

    assert all(
        any(b.score >= one.score and b.expense("latency") <= one.expense("latency") for b in best) for one in every
    )
    assert not any(
        a.score >= b.score and a.expense("latency") <= b.expense("latency") for a in best for b in best if a is not b
    )


def test_trial_that_a_quicker_one_clearly_beats_is_stopped() -> None:
    assert beaten_by([0.70, 0.71], 30.0, [QUICK], "latency") is QUICK


def test_trial_that_is_quicker_than_its_betters_goes_on() -> None:
    assert beaten_by([0.70, 0.71], 4.0, [QUICK, MIDDLE, SLOW], "latency") is None


def test_one_fold_is_no_evidence_and_neither_are_folds_that_disagree() -> None:
    assert beaten_by([0.10], 30.0, [QUICK], "latency") is None
    assert beaten_by([0.70, 0.90], 30.0, [QUICK], "latency") is None
    assert beaten_by([0.79, 0.50], 30.0, [QUICK], "latency") is None


def test_stopped_trial_beats_nobody() -> None:
    assert beaten_by([0.1, 0.1], 90.0, [replace(QUICK, state="stopped")], "latency") is None
