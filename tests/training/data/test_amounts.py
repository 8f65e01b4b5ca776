from typing import Any

import numpy as np
import pytest

from slipway_ml.errors import SlipwayError
from slipway_training.config.cost import CostConfig
from slipway_training.data.amounts import with_amounts
from tests.training.tables import table


def cost(column: str, **more: Any) -> CostConfig:
    return CostConfig(false_positive=1, false_negative=column, **more)


def test_amounts_follow_their_rows() -> None:
    whole = with_amounts(table([0, 1, 1], a=[1, 2, 3], loss=[5, 6, 7]), cost("loss"))

    taken = whole.take(np.array([2, 0]))

    assert taken.amounts["loss"].tolist() == [7, 5]
    assert list(taken.frame) == ["a", "loss"]


def test_amount_that_is_known_only_later_is_no_feature() -> None:
    whole = with_amounts(table([0, 1], a=[1, 2], loss=[5, 6]), cost("loss", amounts_are_features=False))

    assert (list(whole.frame), list(whole.kinds)) == (["a"], ["a"])
    assert whole.amounts["loss"].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("los", r"\[cost\] names the column 'los'; did you mean 'loss'\?"),
        ("text", r"\[cost\] names the column 'text', which holds no numbers"),
        ("gaps", r"line 3 has no amount in 'gaps', which \[cost\] names; fill it in"),
    ],
)
def test_column_without_amounts_is_refused(column: str, sentence: str) -> None:
    with pytest.raises(SlipwayError, match=sentence):
        with_amounts(table([0, 1], loss=[5, 6], text=["x", "y"], gaps=[1, np.nan]), cost(column))
