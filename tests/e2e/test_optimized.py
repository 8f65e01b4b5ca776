"""Train, make the version smaller without a fit, promote it while the server runs: the same answers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server import running_server
from tests.waiting import LIMIT, until


def slipway(*arguments: str) -> str:
    command = [sys.executable, "-m", "slipway_ml", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_version_made_smaller_from_its_own_rows_answers_alike(tmp_path: Path) -> None:
    slipway("train", "breast_cancer", "--models", str(tmp_path), "--set", 'optimize.pin="exported"', "--no-report")
    with running_server(tmp_path, "--poll-seconds", "0.1") as server:
        document = httpx.get(f"{server.url}/openapi.json?model=breast_cancer", timeout=LIMIT).json()
        operation = document["paths"]["/predict/breast_cancer"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["example"]

        def predict() -> Any:
            return httpx.post(f"{server.url}/predict/breast_cancer", json=example, timeout=LIMIT).json()

        before = predict()
        said = slipway("optimize", "breast_cancer", "--models", str(tmp_path), "--publish", "--promote", "--no-report")
        until(lambda: predict()["version"] != "1")
        after = predict()

    assert "171 rows held out when it was trained, 398 calibrate" in said
    assert "Version 2 of breast_cancer: compact" in said
    assert (before["version"], after["version"]) == ("1", "2")
    ((old,), (new,)) = before["predictions"], after["predictions"]
    assert old["label"] == new["label"]
    assert old["probabilities"] == pytest.approx(new["probabilities"], abs=2e-5)
