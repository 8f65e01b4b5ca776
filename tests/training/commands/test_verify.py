"""slipway verify: the proof of a published version, repeated on its stored file."""

from pathlib import Path

import numpy as np
import pytest
import typer
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner, Result

from app.registry.store import Registry
from tests.training.passengers import PASSENGERS
from tests.training.prepared import shipped
from training.commands.verify import verify
from training.publishing import publish
from training.workflow import run


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("verify")(verify)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions from configs and one that came fitted."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("cancer_forest", "titanic"):
        run(shipped(name), Registry(folder), lambda _step, _result: None)
    rows = np.arange(40.0).reshape(-1, 2)
    publish(LogisticRegression().fit(rows, rows[:, 0] > 20), rows, rows[:, 0] > 20, name="fitted", models=folder)
    return folder


def test_version_from_a_config_is_asked_about_many_rows(models: Path) -> None:
    result = command("cancer_forest", "--models", models, "--rows", "12000")

    assert result.exit_code == 0, result.exception
    assert "12000 rows against scikit-learn: 0 labels differ" in result.output


def test_version_from_a_csv_needs_the_very_file(models: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(PASSENGERS.read_text().replace("Q", "S", 1))

    verified = command("titanic", "--models", models, "--data", PASSENGERS, "--rows", "3000")
    without = command("titanic", "--models", models)
    wrong = command("titanic", "--models", models, "--data", other)

    assert "3000 rows against scikit-learn: 0 labels differ" in verified.output
    assert "was trained on a CSV; give it with --data" in str(without.exception)
    assert "not the data that the version was trained on" in str(wrong.exception)


def test_version_that_came_fitted_is_asked_its_golden_rows(models: Path) -> None:
    result = command("fitted", "--models", models)

    assert "6 rows against its golden rows: 0 labels differ" in result.output


def test_model_without_a_champion_asks_for_a_version(tmp_path: Path) -> None:
    assert "has no champion" in str(command("none", "--models", tmp_path).exception)
