import re

import numpy as np

from slipway_training.report.plots.style import Plot
from slipway_training.report.plots.thresholds import cost_by_threshold, found_by_threshold

THRESHOLDS = np.linspace(0, 1, 1001)
PROBABILITY = np.geomspace(1e-4, 0.9, 300)


def words(plot: Plot) -> set[str]:
    return set(re.findall(r">([^<>]+)</text>", plot.svg))


def test_threshold_near_nothing_stands_on_an_axis_by_orders_of_magnitude() -> None:
    cost = cost_by_threshold([("tuned", THRESHOLDS, np.abs(THRESHOLDS - 0.02))], 0.02)
    found = found_by_threshold(PROBABILITY > 0.1, PROBABILITY, 0.02)

    assert {"0.001", "0.01", "0.1", "1"} <= words(cost)
    assert {"0.001", "0.01", "0.1", "1"} <= words(found)


def test_usual_threshold_stands_on_an_even_axis() -> None:
    found = found_by_threshold(PROBABILITY > 0.1, PROBABILITY, 0.5)

    assert {"0.2", "0.4", "0.6", "0.8"} <= words(found)
    assert "0.01" not in words(found)
