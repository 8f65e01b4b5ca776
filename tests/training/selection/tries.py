"""Trials made up for tests of what is done with them."""

from slipway_training.selection.trials import CompletedTrial, Serving


def tried(number: int, scores: list[float], latency: float, size: int = 1000, family: str = "Ridge") -> CompletedTrial:
    """A finished one."""
    return CompletedTrial(number, family, {}, tuple(scores), Serving(latency, size), "finished")


QUICK = tried(0, [0.80, 0.82, 0.81], 5.0)
MIDDLE = tried(1, [0.88, 0.91, 0.89], 20.0, 500)
SLOW = tried(2, [0.90, 0.93, 0.88], 80.0, 9000)
WORSE = tried(3, [0.70, 0.71, 0.72], 30.0)
