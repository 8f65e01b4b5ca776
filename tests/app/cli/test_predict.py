"""slipway predict: a small file through the server's own codecs."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from slipway_ml.cli.predict import predict
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph, sum_graph

HEADER = "heating,age,rooms,floors,garden,city,other\n"


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("predict")(predict)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    publish(tmp_path / "models", "house", mixed_signature(), sum_graph(mixed_signature()))
    return tmp_path


def rows(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text)
    return path


def test_rows_are_read_as_the_signature_says_and_answered_in_order(houses: Path) -> None:
    path = rows(houses, HEADER + "gas,30.5,3,2,true,Ulm,x\noil,,3,,False,,y\n")

    result = command("house", path, "--models", houses / "models")

    assert result.output == "value\n36.5\n3.0\n"


def test_labels_come_with_their_probabilities(tmp_path: Path) -> None:
    signature = matrix_signature(2, (False, True))
    publish(tmp_path / "models", "sign", signature, sign_graph(signature))

    result = command("sign", rows(tmp_path, "f0,f1\n1,2\n0,0\n"), "--models", tmp_path / "models")

    first, second, third = (line.split(",") for line in result.output.splitlines())
    assert first == ["label", "false", "true"]
    assert (second[0], third[0]) == ("true", "false")
    assert float(second[1]) + float(second[2]) == pytest.approx(1.0)


def test_labels_alone_are_one_column(tmp_path: Path) -> None:
    signature = matrix_signature(2, ("no", "yes")).model_copy(update={"has_probabilities": False})
    publish(tmp_path / "models", "sign", signature, sign_graph(signature))

    result = command("sign", rows(tmp_path, "f0,f1\n1,2\n-1,0\n"), "--models", tmp_path / "models")

    assert result.output == "label\nyes\nno\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEADER + "gas,30.5,3,2,true,Ulm,x\ngas,secret,3,2,true,Ulm,x\n", "rows.csv row 2, column 'age': "),
        (HEADER + "coal,30.5,3,2,true,Ulm,x\n", "rows.csv row 1, column 'heating': "),
        ("age\n1\n", "rows.csv has no column 'rooms', which the model requires"),
        ("", "rows.csv has no column 'age', which the model requires"),
    ],
)
def test_row_that_breaks_the_schema_is_named_without_its_value(houses: Path, text: str, sentence: str) -> None:
    refused = command("house", rows(houses, text), "--models", houses / "models")

    assert sentence in str(refused.exception)
    assert "secret" not in str(refused.exception)


def test_missing_file_and_missing_model_are_said(houses: Path) -> None:
    no_file = command("house", houses / "none.csv", "--models", houses / "models")
    no_model = command("none", houses / "none.csv", "--models", houses / "models")

    assert "cannot be read: No such file" in str(no_file.exception)
    assert "no model 'none'" in str(no_model.exception)


def test_text_over_the_limit_is_refused_with_its_row_and_column(tmp_path: Path) -> None:
    features = tuple(feature.model_copy(update={"max_characters": 4}) for feature in mixed_signature().features)
    signature = mixed_signature().model_copy(update={"features": features})
    publish(tmp_path / "models", "house", signature, sum_graph(signature))

    result = command(
        "house",
        rows(tmp_path, HEADER + "gas,1,1,1,true,Ulm,x\ngas,1,1,1,true,Bremen,x\n"),
        "--models",
        tmp_path / "models",
    )

    assert str(result.exception) == "rows.csv row 2, column 'city': must have at most 4 characters"


def test_columns_that_say_which_row_it_is_come_before_the_predictions(houses: Path) -> None:
    path = rows(houses, HEADER + "gas,30.5,3,2,true,Ulm,x\n\noil,,3,,False,,y\n")

    result = command("house", path, "--models", houses / "models", "--id", "other", "--id", "heating")
    unknown = command("house", path, "--models", houses / "models", "--id", "nobody")

    assert result.output == "other,heating,value\nx,gas,36.5\ny,oil,3.0\n"
    assert str(unknown.exception) == "rows.csv has no column 'nobody', which --id names"


def test_reader_that_has_enough_is_no_error(houses: Path) -> None:
    path = rows(houses, HEADER + "gas,30.5,3,2,true,Ulm,x\n" * 20_000)
    command = [sys.executable, "-m", "slipway_ml", "predict", "house", str(path), "--models", str(houses / "models")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"value\n"
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")
