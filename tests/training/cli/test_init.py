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
