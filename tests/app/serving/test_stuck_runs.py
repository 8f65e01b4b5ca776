"""Slots lost to runs that do not end, with a clock of the test's own."""

from slipway_ml.serving.stuck_runs import StuckRuns


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_process_is_hopeless_once_all_slots_have_been_taken_for_a_while() -> None:
    clock = Clock()
    stuck = StuckRuns(2, clock=clock)

    stuck.begin("a", 10.0)
    clock.now += 1000
    one = stuck.is_hopeless()
    stuck.begin("b", 10.0)
    clock.now += 4
    not_yet = stuck.is_hopeless()
    clock.now += 2

    assert (one, not_yet, stuck.is_hopeless()) == (False, False, True)


def test_run_that_ends_after_all_gives_its_slot_back() -> None:
    clock = Clock()
    stuck = StuckRuns(1, clock=clock)

    stuck.begin("a", 10.0)
    clock.now += 60
    stuck.end("a", 70.0)

    assert not stuck.is_hopeless()


def test_runs_are_counted_by_model() -> None:
    told: list[tuple[str, int]] = []
    stuck = StuckRuns(9, lambda model, count: told.append((model, count)))

    stuck.begin("a", 1.0)
    stuck.begin("b", 1.0)
    stuck.begin("a", 1.0)
    stuck.end("a", 2.0)

    assert told == [("a", 1), ("b", 1), ("a", 2), ("a", 1)]
