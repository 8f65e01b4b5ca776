"""slipway import: what a person types, and what comes of it."""

import json
import urllib.request
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from slipway_ml.registry.store import Registry
from slipway_training.cli.import_ import import_
from tests.lazily import later
from tests.server import running_server
from tests.training.workflows.importing.foreigners import TABLE, Y, dense, forest, saved

models, saving = later("mlflow.models"), later("mlflow.onnx")


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("import")(import_)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.filterwarnings("ignore::UserWarning")  # mlflow's own, of type hints
@pytest.mark.filterwarnings("ignore:Operation with range is deprecated")  # mlflow's own, of pandas
def test_mlflow_folder_is_scored_and_served(tmp_path: Path) -> None:
    fitted, model = forest()
    rows = TABLE.drop(columns="y")
    saving.save_model(model, tmp_path / "spring", signature=models.infer_signature(rows, Y), input_example=rows.head(2))
    TABLE.to_csv(tmp_path / "rows.csv", index=False)

    result = command(
        tmp_path / "spring", "--data", tmp_path / "rows.csv", "--target", "y", "--models", tmp_path / "models"
    )

    assert result.exit_code == 0, result.exception
    assert "accuracy 1.0000" in result.output
    assert "Not compared: No pipeline came with the graph" in result.output
    body = json.dumps({"instances": rows.head(3).to_dict("records")}).encode()
    with running_server(tmp_path / "models") as server:
        output = urllib.request.urlopen(urllib.request.Request(f"{server.url}/predict/spring", body))
        labels = [one["label"] for one in json.load(output)["predictions"]]
    assert labels == fitted.predict(rows.head(3).to_numpy()).tolist()


def test_names_labels_and_version_are_options(tmp_path: Path) -> None:
    for version in (1, 2):
        saved(dense(2, "Softmax"), tmp_path / "net" / str(version) / "model.onnx")

    result = command(
        *(tmp_path / "net", "--labels", "0, 1", "--input-names", "p,q,r", "--nullable", "q"),
        *("--source-version", "1", "--name", "other", "--models", tmp_path / "models"),
    )

    assert result.exit_code == 0, result.exception
    manifest = Registry(tmp_path / "models").read("other", 1).manifest
    assert manifest.signature.labels == (0, 1)
    assert [(f.name, f.nullable) for f in manifest.signature.features] == [("p", False), ("q", True), ("r", False)]


def test_truth_values_are_labels_of_their_own(tmp_path: Path) -> None:
    path = saved(dense(2, "Softmax"), tmp_path / "my net.onnx")

    result = command(path, "--labels", "false,true", "--models", tmp_path / "models")

    assert result.exit_code == 0, result.exception
    assert Registry(tmp_path / "models").read("my-net", 1).manifest.signature.labels == (False, True)
