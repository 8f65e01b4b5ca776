"""`slipway doctor`: what each model would use, found by loading it."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from slipway_ml.cli.main import cli
from slipway_ml.registry.store import MODEL_FILE
from tests.factories import matrix_signature, publish
from tests.graphs import sign_graph


def doctor(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", "--models", str(root), *arguments], env={"COLUMNS": "200"})


def test_every_champion_is_shown_with_what_it_runs_on(tmp_path: Path) -> None:
    publish(tmp_path, "sum")
    publish(tmp_path, "sign", matrix_signature(2, (0, 1)), sign_graph(matrix_signature(2, (0, 1))))

    result = doctor(tmp_path)

    assert result.exit_code == 0
    assert [line.split()[:5] for line in result.output.splitlines() if line.startswith(("sum ", "sign "))] == [
        ["sign", "1", "fp32", "CPU", "1"],
        ["sum", "1", "fp32", "CPU", "1"],
    ]
    assert "All can be served. Next: slipway serve" in result.output


def test_model_that_cannot_be_served_is_told_with_the_reason(tmp_path: Path) -> None:
    stored = publish(tmp_path, "sum")
    (stored.folder / MODEL_FILE).write_bytes(b"damaged")

    result = doctor(tmp_path, "--json")

    (found,) = json.loads(result.output)["models"]
    assert result.exit_code == 3
    assert found["problem"].startswith("version 1 of model 'sum' cannot be used")


def test_options_of_single_models_count(tmp_path: Path) -> None:
    publish(tmp_path / "models", "sum")
    config = tmp_path / "models.toml"
    config.write_text("[models.sum]\nrequire_gpu = true\n")

    result = doctor(tmp_path / "models", "--model-config-file", str(config))

    assert result.exit_code == 3
    assert "sum: cannot be served: a GPU is required" in result.output


def test_empty_folder_says_what_to_do_next(tmp_path: Path) -> None:
    result = doctor(tmp_path)

    assert result.exit_code == 0
    assert "Next: slipway train" in result.output
