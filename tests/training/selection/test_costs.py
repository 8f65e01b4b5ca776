from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_training.config.cost import CostConfig
from slipway_training.errors import ConfigError
from slipway_training.selection.costs import RowCosts, curve, positive_of, row_costs
from tests.training.tables import table

numbers = st.floats(-5, 50, allow_nan=False).map(lambda value: round(value, 2))
rows = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.99, 1.0]), st.booleans(), numbers, numbers),
    min_size=1,
    max_size=30,
)


@given(rows, st.floats(0, 1))
def test_no_threshold_costs_less_than_the_chosen_one(given_rows: list[Any], other: float) -> None:
    probability, positive, flagged, passed = (np.array(column) for column in zip(*given_rows, strict=True))
    costs = RowCosts(positive, flagged, passed)

    found = curve(costs, probability)

    assert costs.mean(probability >= found.best) <= costs.mean(probability >= other) + 1e-9


@given(rows)
def test_curve_says_what_each_of_its_thresholds_costs(given_rows: list[Any]) -> None:
    probability, positive, flagged, passed = (np.array(column) for column in zip(*given_rows, strict=True))
    costs = RowCosts(positive, flagged, passed)

    found = curve(costs, probability)

    assert np.all(np.diff(found.thresholds) > 0)
    assert found.costs == pytest.approx([costs.mean(probability >= threshold) for threshold in found.thresholds])


def test_dear_misses_lower_the_threshold_and_dear_alarms_raise_it() -> None:
    probability = np.linspace(0.05, 0.95, 10)
    positive = np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 1], dtype=bool)
    misses, alarms = (
        RowCosts(positive, flagged=np.where(positive, 0.0, alarm), passed=np.where(positive, miss, 0.0))
        for miss, alarm in ((20.0, 1.0), (1.0, 20.0))
    )

    assert curve(misses, probability).best == pytest.approx(0.3)
    assert curve(alarms, probability).best == pytest.approx(0.7)


def test_each_row_has_its_own_amount() -> None:
    named = replace(table([0, 1, 1], a=[1, 2, 3]), amounts={"loss": np.array([5.0, 6.0, 7.0])})

    costs = row_costs(CostConfig(false_positive=2, false_negative="loss", true_positive=-1), named, 1)

    assert costs.flagged.tolist() == [2.0, -1.0, -1.0]
    assert costs.passed.tolist() == [0.0, 6.0, 7.0]


@pytest.mark.parametrize(
    ("labels", "positive", "sentence"),
    [
        ((0, 1, 2), None, r"\[cost\] is for two classes, and the target has 3"),
        (("no", "yes"), "yess", "cost.positive is no class; did you mean 'yes'?"),
        ((0, 1), "1", "cost.positive is no class"),
    ],
)
def test_class_that_is_not_there_cannot_be_looked_for(labels: Any, positive: Any, sentence: str) -> None:
    config = CostConfig(positive=positive, false_positive=1, false_negative=1)

    with pytest.raises(ConfigError, match=sentence):
        positive_of(config, labels)
