"""What a start does without: modules that are heavy, and needed by what comes later or by other commands."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEVER = ["sklearn", "pandas", "scipy", "matplotlib", "onnx", "skl2onnx", "sqlalchemy", "duckdb", "locust"]
SERVING = "from app.cli.start import read_settings; from app.main import create_app; create_app(read_settings({}))"

WITHOUT: dict[str, tuple[str, list[str]]] = {
    "a server that is ready": (SERVING, [*NEVER, "fastapi", "typer", "rich", "pydantic.v1"]),
}


@pytest.mark.parametrize(("code", "modules"), WITHOUT.values(), ids=WITHOUT.keys())
def test_start_does_without(code: str, modules: list[str]) -> None:
    command = [
        sys.executable,
        "-c",
        f"{code}\nimport sys; print(sorted(set(sys.argv[1:]) & set(sys.modules)))",
        *modules,
    ]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert found.splitlines()[-1] == "[]"
