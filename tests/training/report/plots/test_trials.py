import re

import pytest

from slipway_training.config.estimator import EstimatorConfig
from slipway_training.config.search import Against
from slipway_training.report.plots.trials import plot_trials
from slipway_training.selection.search import SearchOutcome
from slipway_training.selection.trials import front
from tests.training.selection.tries import MIDDLE, QUICK, SLOW, WORSE

EVERY = (QUICK, MIDDLE, SLOW, WORSE)


def outcome(against: Against) -> SearchOutcome:
    best = tuple(front(EVERY, against))
    return SearchOutcome(EVERY, best, SLOW, EstimatorConfig(type="Ridge"), "the best r2", "r2", against, {}, 0, 1.0)


@pytest.mark.parametrize("against", ["latency", "size", "nothing"])
def test_plot_names_the_families_the_front_and_what_was_taken(against: Against) -> None:
    plot = plot_trials(outcome(against))

    words = set(re.findall(r">([^<>]+)</text>", plot.svg))

    assert {"Ridge", "Pareto front", "taken", "r2"} <= words
    assert "4 trials by r2" in plot.label


def test_same_trials_give_the_same_picture() -> None:
    assert plot_trials(outcome("latency")).svg == plot_trials(outcome("latency")).svg
