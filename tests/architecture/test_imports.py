"""What a start does without: modules that are heavy, and needed by what comes later or by other commands."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEVER = ["sklearn", "pandas", "scipy", "matplotlib", "onnx", "skl2onnx", "sqlalchemy", "duckdb", "optuna", "locust"]
BOOSTERS = ["catboost", "lightgbm", "xgboost", "imblearn"]
RUNNERS = ["fastapi", "uvicorn", "locust"]
SERVING = """
from slipway_ml.cli import start
from slipway_ml.main import create_app
from slipway_ml.settings import Settings
create_app(Settings())
"""
EVERYTHING = """
from prometheus_client import CollectorRegistry
from slipway_ml.api.fastapi_app.application import create_fastapi
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.model_table import ModelTable
create_fastapi(DataPlane(ModelTable()), CollectorRegistry(), shows_docs=True, has_keys=True)
"""
TRAINING = "import slipway_training.workflows.train"
COMMAND = """
from typer.testing import CliRunner
from slipway_ml.cli.main import cli
assert CliRunner().invoke(cli, {}).exit_code == 0
"""
TELL = "import sys; print(sorted(set(sys.argv[1:]) & set(sys.modules)))"

WITHOUT: dict[str, tuple[str, list[str]]] = {
    "a server that is ready": (SERVING, [*NEVER, "fastapi", "typer", "rich", "pydantic.v1"]),
    "a server with all its routes": (EVERYTHING, [*NEVER, "typer", "pydantic.v1"]),
    "a training without a search": (TRAINING, ["optuna", "sqlalchemy", "matplotlib", "jinja2", *RUNNERS, *BOOSTERS]),
    "the list of commands": (COMMAND.format(["--help"]), [*NEVER, "fastapi", "uvicorn"]),
    "help of serve": (COMMAND.format(["serve", "--help"]), [*NEVER, "onnxruntime", "fastapi", "uvicorn", "numpy"]),
    "help of train": (COMMAND.format(["train", "--help"]), [*NEVER, "onnxruntime", "fastapi", "uvicorn"]),
    "the list of models": (COMMAND.format(["models", "list"]), [*NEVER, "onnxruntime", "fastapi", "uvicorn"]),
}


@pytest.mark.parametrize(("code", "modules"), WITHOUT.values(), ids=WITHOUT.keys())
def test_start_does_without(code: str, modules: list[str]) -> None:
    command = [sys.executable, "-c", f"{code}\n{TELL}", *modules]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert found.splitlines()[-1] == "[]"
