import math

import numpy as np
import pytest

from slipway_ml.contract.signature import Kind, Task
from slipway_training.data.kinds import guess_kind, parse_column, parse_target
from slipway_training.errors import DataCheckFailed


def line(row: int) -> str:
    return f"line {row + 2}"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", ""], Kind.INTEGER),
        (["1", "2.5", "-3e2", ".5"], Kind.NUMBER),
        (["True", "false", ""], Kind.BOOLEAN),
        (["a", "1", "2"], Kind.CATEGORY),
        (["1.0"] * 19 + ["oops"], Kind.NUMBER),
        (["9007199254740993"], Kind.NUMBER),
        (["", ""], Kind.CATEGORY),
        (["inf", "1"], Kind.CATEGORY),
        (["1_000", "2"], Kind.CATEGORY),
    ],
)
def test_kind_is_guessed_from_the_cells(cells: list[str], kind: Kind) -> None:
    assert guess_kind(cells) is kind


@pytest.mark.parametrize(
    ("cells", "kind", "sentence"),
    [
        (["1.5", "", "secret"], Kind.NUMBER, "line 4, column 'age': not a number"),
        (["1.5", "1e999"], Kind.NUMBER, "line 3, column 'age': not a number"),
        (["1", "2.5"], Kind.INTEGER, "line 3, column 'age': not an integer"),
        (["true", "2"], Kind.BOOLEAN, "line 3, column 'age': not true or false"),
    ],
)
def test_odd_cell_is_named_by_line_and_column_never_by_value(cells: list[str], kind: Kind, sentence: str) -> None:
    with pytest.raises(DataCheckFailed) as refusal:
        parse_column("age", cells, kind, line)

    assert sentence in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_missing_numbers_are_nan_and_booleans_are_zero_and_one() -> None:
    values = parse_column("alone", ["true", "", "FALSE", "1"], Kind.BOOLEAN, line)

    assert values[[0, 2, 3]].tolist() == [1.0, 0.0, 1.0]
    assert math.isnan(values[1])


def test_text_keeps_its_cells() -> None:
    assert parse_column("deck", ["A", ""], Kind.CATEGORY, line).tolist() == ["A", ""]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["true", "False"], [True, False]),
        (["1", "0"], [1, 0]),
        (["1.0", "0.0"], [1, 0]),
        (["yes", "no"], ["yes", "no"]),
    ],
)
def test_labels_keep_their_type(cells: list[str], labels: list[object]) -> None:
    found = parse_target("y", cells, Task.CLASSIFICATION, line).tolist()

    assert found == labels
    assert [type(label) for label in found] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("cells", "task", "sentence"),
    [
        (["1", ""], Task.CLASSIFICATION, "line 3 has no value for the target 'y'"),
        (["0.5", "1"], Task.CLASSIFICATION, "the target 'y' holds fractions"),
        (["0.5", "x"], Task.REGRESSION, "line 3, column 'y': not a number"),
    ],
)
def test_unusable_target_is_refused(cells: list[str], task: Task, sentence: str) -> None:
    with pytest.raises(DataCheckFailed) as refusal:
        parse_target("y", cells, task, line)

    assert sentence in str(refusal.value)


def test_regression_target_is_float64() -> None:
    assert parse_target("y", ["1", "2"], Task.REGRESSION, line).dtype == np.float64
