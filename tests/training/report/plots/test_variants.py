import re
from itertools import pairwise

import pytest

from slipway_ml.contract.parity import Parity
from slipway_ml.contract.variant import Guarantee, Variant
from slipway_training.report.plots.variants import front, points, spread, variants_plot


def variant(name: str, change: float, *, passed: bool = True, guarantee: Guarantee = "bounded") -> Variant:
    parity = Parity(
        rows=9, edge_rows=0, label_flips=0, largest_difference=change, p999_difference=change, tolerance=0.02
    )
    return Variant(name=name, description="", guarantee=guarantee, parity=parity, passed=passed, verdict="made up")


EXACT = variant("exported", 1e-6, guarantee="exact")
SMALL = variant("small", 1e-2)
LARGE = variant("large", 2e-2)
WRONG = variant("wrong", 1e-1, passed=False)
FOUND = points([EXACT, SMALL, LARGE, WRONG], [300.0, 90.0, 95.0, 10.0])


def test_front_is_what_passed_and_no_other_beats_on_both() -> None:
    assert [point.variant.name for point in front(FOUND)] == ["small", "exported"]


def test_plot_names_the_front_the_published_one_and_what_the_marks_mean() -> None:
    plot = variants_plot("sizes", FOUND, "KiB of the file", "large", 0.02)

    words = set(re.findall(r">([^<>]+)</text>", plot.svg))

    assert {"small", "exported", "large", "wrong"} <= words
    assert {"exact", "within the gate", "refused", "published", "KiB of the file"} <= words
    assert "on the Pareto front are small, exported; large is published" in plot.label


def test_same_variants_give_the_same_picture() -> None:
    once = variants_plot("sizes", FOUND, "KiB", "small", 0.02)

    assert variants_plot("sizes", FOUND, "KiB", "small", 0.02).svg == once.svg


def test_answers_that_did_not_move_have_a_place_too() -> None:
    (still,) = points([variant("still", 0.0, guarantee="exact")], [1.0])

    assert still.change > 0


def test_variant_without_measurements_has_no_place() -> None:
    with pytest.raises(ValueError, match="variant odd was not measured"):
        points([Variant(name="odd", description="", passed=False, verdict="")], [1.0])


@pytest.mark.parametrize("heights", [[0.1, 0.1, 0.1], [0.98, 0.99, 1.0], [0.0, 0.5, 0.52, 0.99], [0.4], [0.5] * 40])
def test_names_keep_apart_and_beside_the_plot(heights: list[float]) -> None:
    found = spread(heights, 0.066)

    apart = [other - one for one, other in pairwise(found)]
    assert min(apart, default=1.0) >= min(0.066, 1 / max(1, len(heights) - 1)) - 1e-9
    assert -1e-9 <= found[0] <= found[-1] <= 1.0


def test_costs_a_percent_apart_do_not_fill_the_plot() -> None:
    plot = variants_plot("speeds", points([EXACT, SMALL], [1.0, 0.99]), "latency", "small", 0.02)

    words = re.findall(r">([0-9.]+)</text>", plot.svg)
    assert {"0.9", "1.1"} <= {word.rstrip("0") for word in words}


def test_names_that_are_far_apart_stay_where_their_marks_are() -> None:
    assert spread([0.1, 0.4, 0.9], 0.066) == [0.1, 0.4, 0.9]
