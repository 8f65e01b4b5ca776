"""slipway init: a config to read, which trains as it is."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from slipway_ml.contract.signature import Kind, Task
from slipway_training.cli.init import init
from slipway_training.config import documents as configs
from slipway_training.workflows.train import prepare
from tests.training.passengers import PASSENGERS
from tests.training.tables import write_csv


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("init")(init)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_config_has_every_guess_and_trains_as_it_is(tmp_path: Path) -> None:
    table = tmp_path / "passengers.csv"
    table.write_text(PASSENGERS.read_text().replace(",alive,", ",again,"))

    result = command(table, "--target", "survived")

    written = tmp_path / "passengers.toml"
    config = configs.load(str(written), None, ["data.drop=['again']", "data.kinds={}"])
    assert result.exit_code == 0, result.exception
    assert f"Next:  slipway train {written}" in result.output.replace("\n", "")
    assert 'age = "number"  # ' in written.read_text()
    assert 'pclass = "integer"  # 3 different values; a category, if the numbers are only names' in written.read_text()
    assert prepare(config, lambda _step, _result: None).signature.labels == (0, 1)


def test_draft_for_many_rows_has_large_leaves_and_says_why(tmp_path: Path) -> None:
    rows = 30_000
    table = write_csv(tmp_path / "t.csv", {"a": [n % 977 for n in range(rows)], "y": [n % 7 for n in range(rows)]})

    assert command(table, "--target", "y").exit_code == 0

    written = (tmp_path / "t.toml").read_text()
    assert "# 30,000 rows: 100 trees with 11 rows or more in a leaf have about " in written
    assert configs.load(str(tmp_path / "t.toml")).estimator.parameters["min_samples_leaf"] == 11


def test_columns_that_name_rows_are_dropped_and_the_task_is_guessed(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "customer id": list(range(1000, 1030)),
        "größe": [number / 7 for number in range(30)],
        "y": [number / 3 for number in range(30)],
    }
    table = write_csv(tmp_path / "my table.csv", columns)

    command(table, "--target", "y")

    config = configs.load(str(tmp_path / "my-table.toml"))
    assert config.task is Task.REGRESSION
    assert config.data.drop == ("customer id",)
    assert config.data.kinds == {"größe": Kind.NUMBER}


def test_config_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "t.csv", {"a": [1, 2], "y": [0, 1]})
    command(table, "--target", "y")

    again = command(table, "--target", "y")

    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--target", "why"], "has no column 'why'; did you mean 'whyy'?"),
        (["--target", "a", "--output", "/none/x"], "No such"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    table = write_csv(tmp_path / "t.csv", {"a": [1, 2], "whyy": [0, 1]})

    assert sentence in str(command(table, *arguments).exception)


def test_format_of_the_file_is_found_and_written_with_its_evidence(tmp_path: Path) -> None:
    lines = (f"{n},5;{n % 7},{n % 10}%;{'?' if n == 3 else n % 2};Köln;{n % 28 + 1:02}.03.2026" for n in range(40))
    table = tmp_path / "shop.csv"
    table.write_bytes("\n".join(["preis;anteil;kinder;ort;tag", *lines]).encode("cp1252"))

    result = command(table, "--target", "ort")

    written = (tmp_path / "shop.toml").read_text()
    data = configs.load(str(tmp_path / "shop.toml")).data
    assert result.exit_code == 0, result.exception
    assert (data.delimiter, data.decimal, data.percent, data.encoding) == (";", ",", True, "cp1252")
    assert data.missing == ("?",)
    assert 'delimiter = ";"  # 41 of the first 41 lines have 5 cells by it' in written
    assert "decimal = \",\"  # by 40 of 40 values of 'preis'" in written
    assert "missing = [\"?\"]  # in 1 of 40 rows of 'kinder'" in written


def test_column_of_dates_is_drafted_as_dates_not_dropped(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "sold": [f"2026-01-{day:02}T0{day % 9}:30" for day in range(1, 29)],
        "tag": [f"{day:02}.12.2025" for day in range(1, 29)],
        "y": [day % 2 for day in range(28)],
    }

    command(write_csv(tmp_path / "t.csv", columns), "--target", "y")

    config = configs.load(str(tmp_path / "t.toml"))
    assert config.data.drop == ()
    assert {name: (column.encode, column.order) for name, column in config.features.columns.items()} == {
        "sold": ("date", "ymd"),
        "tag": ("date", "dmy"),
    }


def test_thousands_that_could_be_fractions_are_pointed_out(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"sum": [f"{n},500" for n in range(1, 31)], "y": [n % 2 for n in range(30)]}

    command(write_csv(tmp_path / "t.csv", columns), "--target", "y")

    assert "every value could be read either way" in (tmp_path / "t.toml").read_text()


def test_rows_without_a_target_are_drafted_to_be_left_out(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"a": [n / 7 for n in range(30)], "y": [None, *[n % 2 for n in range(29)]]}

    command(write_csv(tmp_path / "t.csv", columns), "--target", "y")

    config = configs.load(str(tmp_path / "t.toml"))
    assert config.data.empty_targets == "drop"
