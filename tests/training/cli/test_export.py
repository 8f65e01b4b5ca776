"""slipway export: files of fitted pipelines, opened no further than they are trusted."""

import re
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import typer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from typer.testing import CliRunner, Result

from slipway_ml.registry.store import Registry
from slipway_training.cli.export import export
from tests.lazily import later
from tests.training.passengers import PASSENGERS
from tests.training.travellers import notebook_pipeline, travellers

skops_io = later("skops.io")


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("export")(export)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    rows, target = travellers()
    path = tmp_path / "rows.parquet"
    rows.assign(survived=target).to_parquet(path)
    return path


def own_function(rows: object) -> object:
    return rows


def test_skops_file_is_published_under_its_name(tmp_path: Path, parquet: Path) -> None:
    skops_io.dump(notebook_pipeline(), tmp_path / "travellers.skops")

    result = command(
        tmp_path / "travellers.skops", "--data", parquet, "--target", "survived", "--models", tmp_path / "models"
    )

    assert result.exit_code == 0, result.exception
    assert "check parity  same labels on 240" in result.output
    assert re.search("Version 1 of travellers: (compact|tree_ensemble),", result.output)  # the faster, both exact
    assert Registry(tmp_path / "models").versions("travellers") == [1]


def test_joblib_file_says_why_it_needs_trust(tmp_path: Path) -> None:
    joblib.dump(notebook_pipeline(), tmp_path / "m.joblib")

    refused = command(
        tmp_path / "m.joblib", "--data", PASSENGERS, "--target", "survived", "--models", tmp_path / "models"
    )

    assert "a program that runs when it is opened" in str(refused.exception)
    assert not (tmp_path / "models").exists()


def test_joblib_file_is_opened_when_it_is_trusted(tmp_path: Path) -> None:
    joblib.dump(notebook_pipeline(), tmp_path / "m.joblib")

    result = command(
        tmp_path / "m.joblib", "--trust", "--data", PASSENGERS, "--target", "survived", "--models", tmp_path / "models"
    )

    assert result.exit_code == 0, result.exception


def test_types_that_are_not_known_are_listed(tmp_path: Path) -> None:
    rows, target = travellers()
    strange = make_pipeline(FunctionTransformer(own_function), LogisticRegression()).fit(rows[["fare"]], target)
    skops_io.dump(strange, tmp_path / "m.skops")

    refused = command(tmp_path / "m.skops", "--data", PASSENGERS, "--target", "survived")

    assert "holds types that are not known to be safe: " in str(refused.exception)
    assert "own_function" in str(refused.exception)


@pytest.mark.parametrize(
    ("name", "data", "target", "sentence"),
    [
        ("none.skops", PASSENGERS, "survived", "there is no file"),
        ("text.skops", PASSENGERS, "survived", "text.skops is no skops file"),
        ("text.pkl", PASSENGERS, "survived", "text.pkl cannot be opened (IndexError)"),
        ("text.skops", PASSENGERS, "surviver", "has no target column 'surviver'; did you mean 'survived'?"),
        ("text.skops", Path("none.csv"), "y", "there is no data file 'none.csv'"),
        ("text.skops", Path(__file__).parent / "none.parquet", "y", "there is no data file"),
    ],
)
def test_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, data: Path, target: str, sentence: str) -> None:
    for kind in ("skops", "pkl"):
        (tmp_path / f"text.{kind}").write_text("text")

    refused = command(tmp_path / name, "--trust", "--data", data, "--target", target)

    assert sentence in str(refused.exception)


def test_regressor_of_several_targets_names_each(tmp_path: Path) -> None:
    rows = pd.DataFrame({"rooms": np.arange(1.0, 41), "floor": np.arange(40.0) % 5})
    flats = rows.assign(rent=300 + 90 * rows["rooms"], price=1e5 + 7e4 * rows["rooms"] - 500 * rows["floor"])
    flats.to_csv(tmp_path / "flats.csv", index=False)
    skops_io.dump(LinearRegression().fit(rows, flats[["rent", "price"]]), tmp_path / "flats.skops")
    asked = (tmp_path / "flats.skops", "--data", tmp_path / "flats.csv", "--models", tmp_path / "models")

    result = command(*asked, "--target", "rent", "--target", "price")
    twice = command(*asked, "--target", "rent", "--target", "rent")
    wrong = command(*asked, "--target", "rent", "--target", "prise")

    assert result.exit_code == 0, result.exception
    assert Registry(tmp_path / "models").read("flats", 1).manifest.signature.targets == ("rent", "price")
    assert "a target is named twice" in str(twice.exception)
    assert "no target column 'prise'; did you mean 'price'" in str(wrong.exception)


def test_rows_of_another_width_are_published_with_the_flag_that_accepts_their_difference(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    learn, given = (random.integers(0, most, (400, 3)).astype(np.float32) / np.float32(10) for most in (50, 100))
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(10, random_state=0))
    forest.fit(pd.DataFrame(learn, columns=list("abc")), learn[:, 0] * learn[:, 1] > learn[:, 2])
    rows = pd.DataFrame(given, columns=list("abc"))
    rows.assign(y=forest.predict(rows)).to_parquet(tmp_path / "rows.parquet")
    skops_io.dump(forest, tmp_path / "m.skops")
    asked = (
        tmp_path / "m.skops",
        "--data",
        tmp_path / "rows.parquet",
        "--target",
        "y",
        "--models",
        tmp_path / "models",
    )

    refused = command(*asked)
    accepted = command(*asked, "--accept-dtype-difference")

    assert "are float32 in X and float64 over HTTP" in str(refused.exception)
    assert accepted.exit_code == 0, accepted.exception
    given_rows = Registry(tmp_path / "models").read("m", 1).manifest.parity.as_given
    assert given_rows is not None
    assert given_rows.reason.endswith("accepted with accept_dtype_difference")
