import re

import numpy as np
import pytest
from numpy.typing import NDArray

from slipway_training.report.plots.ranking import roc
from slipway_training.report.plots.style import Plot

TRUTH = np.array([0, 1] * 100)


def words(plot: Plot) -> set[str]:
    return set(re.findall(r">([^<>]+)</text>", plot.svg))


def curve(noise: float) -> Plot:
    """Of a model whose probabilities are so far from the truth."""
    score = np.clip(TRUTH * 0.6 + 0.2 + noise * np.random.default_rng(0).normal(size=200), 0, 1)
    probabilities: NDArray[np.float64] = np.column_stack([1 - score, score])
    return roc(TRUTH, probabilities, ["no", "yes"], [1])


@pytest.mark.parametrize("noise", [0.0, 0.15])
def test_corner_of_a_nearly_perfect_curve_is_enlarged(noise: float) -> None:
    assert "the corner, enlarged" in words(curve(noise))


def test_curve_that_fills_the_square_is_left_alone() -> None:
    assert "the corner, enlarged" not in words(curve(0.6))
