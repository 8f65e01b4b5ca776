from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway_ml.contract.signature import Kind, Task
from slipway_ml.errors import SlipwayError
from slipway_training.data import sources
from slipway_training.errors import ConfigError, DataCheckFailed
from tests.training.prepared import shipped
from tests.training.tables import config_for, write_csv


def test_passenger_list_has_every_kind_of_column() -> None:
    table = sources.load(shipped("titanic").data, Task.CLASSIFICATION)

    assert table.kinds["age"] is Kind.NUMBER
    assert table.kinds["pclass"] is Kind.INTEGER
    assert table.kinds["alone"] is Kind.BOOLEAN
    assert table.kinds["deck"] is Kind.CATEGORY
    assert "alive" not in table.frame


def test_integers_among_numbers_only_are_numbers(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", {"a": [1, 2], "b": [1.5, 2], "y": [0, 1]})

    assert sources.load(config_for(path).data, Task.CLASSIFICATION).kinds == {"a": Kind.NUMBER, "b": Kind.NUMBER}


def test_config_may_insist_on_a_kind(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", {"a": [1, 2], "b": [1.5, 2], "y": [0, 1]})
    config = config_for(path, data={"kinds": {"a": "category"}})

    table = sources.load(config.data, Task.CLASSIFICATION)

    assert table.kinds == {"a": Kind.CATEGORY, "b": Kind.NUMBER}
    assert table.frame["a"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        ({"target": "why"}, DataCheckFailed, "rows.csv has no target column 'why'; did you mean 'whyy'?"),
        ({"target": "whyy", "drop": ["aa"]}, ConfigError, "data.drop names the column 'aa', which rows.csv has not"),
        ({"target": "whyy", "kinds": {"q": "number"}}, ConfigError, "data.kinds names the column 'q'"),
        ({"target": "whyy", "nullable": ["q"]}, ConfigError, "data.nullable names the column 'q'"),
        ({"target": "whyy", "drop": ["a"]}, DataCheckFailed, "has no column left beside the target"),
    ],
)
def test_columns_that_are_not_there_are_named(
    tmp_path: Path, data: dict[str, Any], error: type[SlipwayError], sentence: str
) -> None:
    path = write_csv(tmp_path / "rows.csv", {"a": [1, 2], "whyy": [0, 1]})

    with pytest.raises(error) as refusal:
        sources.load(config_for(path, data=data).data, Task.CLASSIFICATION)

    assert sentence in str(refusal.value)


def test_class_names_are_labels_when_asked_for() -> None:
    table = sources.load(shipped("cancer_forest").data, Task.CLASSIFICATION)

    assert set(table.target) == {"benign", "malignant"}
    assert table.line(7) == "row 7"


def test_group_and_time_are_kept_beside_the_features(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "who": ["ann", "bob"],
        "when": ["2026-01-02", "1970-01-01T00:00:01"],
        "a": [1, 2],
        "y": [0, 1],
    }
    path = write_csv(tmp_path / "rows.csv", columns)

    table = sources.load(config_for(path, data={"group": "who", "time": "when"}).data, Task.CLASSIFICATION)
    last = table.take(np.array([1]))

    assert list(table.frame) == ["a"]
    assert table.groups is not None
    assert table.groups.tolist() == ["ann", "bob"]
    assert last.times is not None
    assert last.times.tolist() == [1.0]


def test_group_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", {"who": ["ann", "bob"], "y": [0, 1]})

    with pytest.raises(ConfigError, match=r"data\.group names the column 'whom', .* did you mean 'who'\?"):
        sources.load(config_for(path, data={"group": "whom"}).data, Task.CLASSIFICATION)


def test_rows_without_a_target_are_refused_or_left_out(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", {"a": [1.5, 2.5, 3.5], "y": ["no", None, "yes"]})

    with pytest.raises(DataCheckFailed, match="line 3 has no value for the target 'y'"):
        sources.load(config_for(path).data, Task.CLASSIFICATION)
    table = sources.load(config_for(path, data={"empty_targets": "drop"}).data, Task.CLASSIFICATION)

    assert table.frame["a"].tolist() == [1.5, 3.5]
    assert [table.line(row) for row in range(2)] == ["line 2", "line 4"]


def test_time_of_a_row_may_be_a_feature_too(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", {"when": ["2026-01-02", "2026-01-03"], "a": [1, 2], "y": [0, 1]})
    config = config_for(path, data={"time": "when", "time_is_feature": True})

    table = sources.load(config.data, Task.CLASSIFICATION)

    assert table.frame["when"].tolist() == ["2026-01-02", "2026-01-03"]
    assert table.times is not None
    assert table.times[1] - table.times[0] == 86400
