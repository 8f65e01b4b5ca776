import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from slipway_ml.contract.signature import Feature, Kind
from slipway_training.evaluation.slices import find, slices_of
from tests.training.evaluation.rows import columns

ROWS = 600


def test_planted_slice_is_found_and_named() -> None:
    frame, signature = columns(ROWS, seed=1)
    random = np.random.default_rng(0)
    is_oslo = (frame["town"] == "Oslo").to_numpy()
    loss = np.asarray(random.random(ROWS) < np.where(is_oslo, 0.4, 0.05), dtype=np.float64)

    found = find(frame, frame, signature, loss, 30, 0.05)

    assert found.slices[0][0].name == "town = Oslo"
    assert found.slices[0][0].rows.tolist() == is_oslo.tolist()
    assert found.slices[0][1] < 1e-6


def test_planted_pair_of_columns_is_found() -> None:
    frame, signature = columns(2000, seed=2)
    random = np.random.default_rng(0)
    planted = ((frame["town"] == "Lyon") & (frame["member"] == 1)).to_numpy()
    loss = (random.random(2000) < np.where(planted, 0.5, 0.05)).astype(np.float64)

    found = find(frame, frame, signature, loss, 30, 0.05)

    assert found.slices[0][0].name == "town = Lyon and member = true"


def test_planted_slice_of_distances_is_found() -> None:
    frame, signature = columns(ROWS, seed=3)
    is_old = (frame["age"] > frame["age"].quantile(0.75)).to_numpy()
    loss = np.abs(np.random.default_rng(0).normal(size=ROWS)) * np.where(is_old, 3, 1)

    found = find(frame, frame, signature, loss, 30, 0.05)

    assert found.slices[0][0].name.startswith("age over 7")
    assert found.slices[0][0].rows.tolist() == is_old.tolist()


def test_nothing_is_found_where_there_is_nothing() -> None:
    """With 95 % confidence not one slice is named by chance: of 100 data sets about five may have one."""
    false_alarms = 0
    for seed in range(100):
        frame, signature = columns(300, seed)
        loss = (np.random.default_rng(seed + 1000).random(300) < 0.2).astype(np.float64)
        false_alarms += bool(find(frame, frame, signature, loss, 30, 0.05).slices)

    assert false_alarms <= 10


def test_slices_that_say_the_same_are_named_once() -> None:
    frame, signature = columns(ROWS, seed=4)
    loss: NDArray[np.float64] = np.asarray(frame["town"] == "Turin", dtype=np.float64)

    found = find(frame, frame, signature, loss, 30, 0.05)

    assert [one.name for one, _ in found.slices] == ["town = Turin"]


@pytest.mark.parametrize("loss", [0.0, 1.0])
def test_rows_that_are_all_alike_have_no_worse_slice(loss: float) -> None:
    frame, signature = columns(ROWS, seed=0)

    found = find(frame, frame, signature, np.full(ROWS, loss), 30, 0.05)

    assert found.slices == ()


def test_number_has_a_slice_for_each_quarter_and_one_for_missing() -> None:
    feature = Feature(name="a", kind=Kind.NUMBER, nullable=True, minimum=1.0, maximum=8.0, example=4.0)
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, np.nan]})

    found = slices_of(feature, frame, frame)

    names = ["a up to 2.75", "a over 2.75 up to 4.5", "a over 4.5 up to 6.25", "a over 6.25", "a is missing"]
    assert [one.name for one in found] == names
    assert [len(one) for one in found] == [2, 2, 2, 2, 1]


def test_number_of_few_values_has_a_slice_for_each() -> None:
    feature = Feature(name="a", kind=Kind.INTEGER, minimum=1.0, maximum=3.0, example=2)
    frame = pd.DataFrame({"a": [1.0, 1.0, 3.0, 3.0]})

    assert [one.name for one in slices_of(feature, frame, frame)] == ["a = 1", "a = 3"]


def test_every_row_is_in_one_slice_of_a_column() -> None:
    frame, signature = columns(ROWS, seed=5)

    for feature in signature.features:
        assert np.sum([one.rows for one in slices_of(feature, frame, frame)], axis=0).tolist() == [1] * ROWS
