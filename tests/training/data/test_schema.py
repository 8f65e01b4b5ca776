import pandas as pd
import pytest

from slipway_ml.contract.signature import Kind, Task
from slipway_training.data.schema import describe, describe_column, round_number
from tests.training.prepared import prepared, shipped
from tests.training.tables import config_for, table


def test_passengers_are_described_column_by_column() -> None:
    features = {feature.name: feature for feature in prepared("titanic").signature.features}

    assert [name for name, feature in features.items() if feature.nullable] == ["age", "embarked", "deck"]
    assert features["pclass"].kind is Kind.INTEGER
    assert (features["pclass"].minimum, features["pclass"].maximum) == (1, 3)
    assert features["deck"].categories == ("A", "B", "C", "D", "E")
    assert features["sex"].unseen_categories == "allowed"


def test_examples_have_the_type_of_their_column() -> None:
    examples = {feature.name: feature.example for feature in prepared("titanic").signature.features}

    assert type(examples["pclass"]) is int
    assert type(examples["alone"]) is bool
    assert type(examples["age"]) is float
    assert examples["sex"] == "male"


def test_numbers_alone_are_one_matrix() -> None:
    signature = prepared("diabetes").signature

    assert signature.layout == "matrix"
    assert signature.labels is None


def test_labels_are_in_the_order_of_scikit_learn() -> None:
    model = prepared("cancer_forest")

    assert model.signature.labels == tuple(model.pipeline[-1].classes_)


@pytest.mark.parametrize("target", [[False, True], [3, 1], ["b", "a"]])
def test_labels_are_plain_python_of_the_type_of_the_target(target: list[bool | int | str]) -> None:
    rows = table(target, a=[1.0, 2.0])

    labels = describe(rows, rows, config_for()).labels

    assert labels == tuple(sorted(target))
    assert [type(label) for label in labels or ()] == [type(target[0])] * 2


def test_column_may_be_declared_nullable() -> None:
    rows = table([0, 1], a=[1.0, 2.0], b=[1.0, 2.0])

    first, second = describe(rows, rows, config_for(data={"nullable": ["b"]})).features

    assert (first.nullable, second.nullable) == (False, True)


def test_unseen_categories_are_refused_when_the_config_says_so() -> None:
    rows = table([0, 1], a=["x", "y"])

    (feature,) = describe(rows, rows, config_for(features={"unseen_categories": "refused"})).features

    assert feature.unseen_categories == "refused"


def test_task_comes_from_the_config() -> None:
    assert prepared("diabetes").signature.task is Task.REGRESSION is shipped("diabetes").task


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.0, 0.0), (123456.0, 123500.0), (0.00012344, 0.0001234), (-1.23456, -1.235)]
)
def test_numbers_are_rounded_to_what_a_person_would_type(value: float, rounded: float) -> None:
    assert round_number(value) == rounded


def test_example_of_a_column_of_dates_is_a_date_and_nobodys() -> None:
    days = [f"2026-{1 + n % 12:02d}-{2 + n % 27:02d}" for n in range(60)]
    rows = table([0, 1] * 30, sold=days, said=[f"secret {n}" for n in range(60)])

    sold, said = describe(rows, rows, config_for()).features

    assert sold.categories is None
    assert sold.example == "2026-07-01"
    assert said.example == "some text"


@pytest.mark.parametrize(("longest", "limit"), [(3, 1000), (250, 1000), (251, 1004), (5000, 20_000)])
def test_text_may_be_four_times_as_long_as_the_longest_that_was_trained_on(longest: int, limit: int) -> None:
    column = pd.Series(["a", "b" * longest] * 10)

    assert describe_column("note", Kind.CATEGORY, column, nullable=False).max_characters == limit
