"""The whole way, as a user walks it: train, serve, predict, publish again, promote, roll back."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.server import running_server
from tests.waiting import LIMIT


def slipway(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slipway_ml", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    done = slipway("train", "breast_cancer", "--models", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def until_champion(url: str, version: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if httpx.get(f"{url}/v2/models", timeout=LIMIT).json()["models"][0]["default_version"] == version:
            return
        time.sleep(0.05)
    raise AssertionError(f"version {version} did not become champion")


def test_trained_model_answers_its_own_documented_example(models: Path) -> None:
    with running_server(models) as server:
        document = httpx.get(f"{server.url}/openapi.json?model=breast_cancer", timeout=LIMIT).json()
        operation = document["paths"]["/predict/breast_cancer"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["example"]
        answer = httpx.post(f"{server.url}/predict/breast_cancer", json=example, timeout=LIMIT)

    assert answer.json()["predictions"][0]["label"] in {"malignant", "benign"}


def test_second_version_is_promoted_and_rolled_back_without_a_failed_request(models: Path) -> None:
    with running_server(models, "--poll-seconds", "0.1") as server:
        train = slipway("train", "breast_cancer", "--models", str(models), "--set", "split.random_state=7")
        until_champion(server.url, "1")
        promote = slipway("models", "promote", "breast_cancer", "2", "--models", str(models))
        until_champion(server.url, "2")
        rollback = slipway("models", "rollback", "breast_cancer", "--models", str(models))
        until_champion(server.url, "1")

    assert [train.returncode, promote.returncode, rollback.returncode] == [0, 0, 0]
    assert "slipway models rollback breast_cancer" in promote.stdout


def test_server_ends_cleanly_when_told_to(models: Path) -> None:
    with running_server(models) as server:
        server.process.terminate()
        code = server.process.wait(timeout=60)

    assert code == 0
    assert "stopped" in server.log()


def test_log_names_requests_and_never_their_bodies(models: Path) -> None:
    with running_server(models, "--log-format", "json", "--access-log") as server:
        httpx.post(
            f"{server.url}/predict/breast_cancer",
            json={"instances": [{"mean radius": 271828.1828, "canary": "canary-value"}]},
            headers={"X-Request-ID": "story-1"},
            timeout=LIMIT,
        )

    assert '"request_id": "story-1"' in server.log()
    assert "canary" not in server.log()
    assert "271828" not in server.log()
