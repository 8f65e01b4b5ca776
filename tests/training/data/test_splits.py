from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.signature import Task
from slipway_training.config.split import SplitConfig
from slipway_training.data.folds import folds, tuning_folds
from slipway_training.data.splits import split
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from tests.training.tables import table

BOTH = Task.CLASSIFICATION


def rows(count: int, **asides: Any) -> Table:
    """Two classes in turn, and a column that numbers the rows."""
    return replace(table([0, 1] * (count // 2), a=list(range(count))), **asides)


@given(st.lists(st.integers(0, 11), min_size=60, max_size=60), st.integers(0, 99))
def test_no_group_is_torn_apart(numbers: list[int], seed: int) -> None:
    grouped = rows(72, groups=np.array([*range(12), *numbers]).astype(str).astype(object))
    config = SplitConfig(folds=3, random_state=seed)

    learn, held_out = split(grouped, config, Task.REGRESSION)
    divided = folds(learn, config, Task.REGRESSION)

    assert learn.groups is not None
    assert held_out.groups is not None
    assert not set(learn.groups) & set(held_out.groups)
    assert not any(set(learn.groups[fit]) & set(learn.groups[judge]) for fit, judge in divided)


@given(st.lists(st.integers(0, 30), min_size=16, max_size=16))
def test_nothing_is_learnt_from_the_future(numbers: list[int]) -> None:
    dated = rows(48, times=np.array([*range(32), *numbers], dtype=np.float64))
    config = SplitConfig(strategy="time", folds=3)

    learn, held_out = split(dated, config, Task.REGRESSION)
    divided = folds(learn, config, Task.REGRESSION)

    assert learn.times is not None
    assert held_out.times is not None
    assert learn.times.max() < held_out.times.min()
    assert all(learn.times[fit].max() < learn.times[judge].min() for fit, judge in divided)


@given(st.integers(2, 10), st.integers(0, 99))
def test_folds_judge_every_row_once_and_never_one_that_they_fitted(count: int, seed: int) -> None:
    divided = folds(rows(60), SplitConfig(folds=count, random_state=seed), BOTH)

    judged = np.concatenate([judge for _, judge in divided])

    assert sorted(judged) == list(range(60))
    assert not any(set(fit) & set(judge) for fit, judge in divided)


def test_classes_keep_their_shares_in_every_fold() -> None:
    uneven = table([0] * 40 + [1] * 10, a=list(range(50)))

    shares = {float(uneven.target[judge].mean()) for _, judge in folds(uneven, SplitConfig(), BOTH)}

    assert shares == {0.2}


def test_validation_part_is_one_fold_of_the_rows_to_learn_from() -> None:
    config = SplitConfig(validation_size=0.25, test_size=0.2)
    learn, held_out = split(rows(100), config, BOTH)

    ((fit, judge),) = tuning_folds(learn, config, BOTH)

    assert (len(fit), len(judge)) == (60, 20)
    assert not set(learn.frame["a"]) & set(held_out.frame["a"])


def test_without_a_validation_part_all_folds_tune() -> None:
    assert len(tuning_folds(rows(100), SplitConfig(folds=4), BOTH)) == 4


def test_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    first, again, other = (split(rows(60), SplitConfig(random_state=seed), BOTH)[1].frame for seed in (1, 1, 2))

    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize(
    ("asides", "expected"),
    [({}, "mixed"), ({"times": np.arange(60.0)}, "last"), ({"groups": np.array(["a", "b"] * 30)}, "b")],
)
def test_data_with_a_time_or_a_group_is_divided_by_it_unless_told_otherwise(
    asides: dict[str, Any], expected: str
) -> None:
    _, held_out = split(rows(60, **asides), SplitConfig(test_size=0.5), Task.REGRESSION)

    kept = held_out.frame["a"].astype(int).tolist()
    found = "last" if kept == list(range(30, 60)) else "b" if {row % 2 for row in kept} in ({0}, {1}) else "mixed"

    assert found == expected


@pytest.mark.parametrize(
    ("strategy", "task", "sentence"),
    [
        ("group", BOTH, "split.strategy = 'group' needs data.group"),
        ("time", BOTH, "split.strategy = 'time' needs data.time"),
        ("stratified", Task.REGRESSION, "split.strategy = 'stratified' is for classes; take 'random' for values"),
    ],
)
def test_strategy_that_the_data_cannot_follow_is_refused(strategy: Any, task: Task, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        split(rows(60), SplitConfig(strategy=strategy), task)

    assert sentence in str(refusal.value)


def test_more_folds_than_rows_of_a_class_are_refused() -> None:
    few = table([0] * 30 + [1] * 3, a=list(range(33)))

    with pytest.raises(ConfigError, match=r"split\.folds = 5 leaves a fold without rows of every class to learn from"):
        folds(few, SplitConfig(), BOTH)


def test_past_that_lacks_a_class_is_refused() -> None:
    late = replace(table([0] * 30 + [1] * 30, a=list(range(60))), times=np.arange(60.0))

    with pytest.raises(ConfigError, match=r"split\.folds = 5 leaves a fold without rows of every class"):
        folds(late, SplitConfig(), BOTH)
