import re

import pytest

from slipway_training.report.plots.curves import plot_curve
from slipway_training.selection.curves import Curve, Point

POINTS = (Point(10, 1.0, 0.7, 0.05), Point(100, 0.95, 0.85, 0.02))


@pytest.mark.parametrize(("along", "title"), [("rows", "training rows"), ("C", "C")])
def test_picture_says_what_it_is_along_and_what_it_scores(along: str, title: str) -> None:
    plot = plot_curve(Curve(along, "roc_auc", POINTS, 50.0, log=True))

    words = set(re.findall(r">([^<>]+)</text>", plot.svg))

    assert {title, "roc auc", "training", "validation"} <= words
    assert "0.8500 in validation at the right end" in plot.label
