"""What a checkout offers without our command: the application for a stock server, users for Locust, public names."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from tests.factories import publish

ROOT = Path(__file__).parents[2]
_LISTENING = re.compile(r"http://127\.0\.0\.1:\d+")
_PATIENCE_SECONDS = 60


def predict(url: str) -> dict[str, object]:
    """The answer for one row, as soon as the model is served."""
    body = json.dumps({"instances": [[1, 2, 3]]}).encode()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/predict/sum", body, timeout=_PATIENCE_SECONDS) as response:
                answer: dict[str, object] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def test_stock_uvicorn_serves_the_application_of_the_settings(tmp_path: Path) -> None:
    publish(tmp_path, "sum")
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0"]
    environment = {**os.environ, "SLIPWAY_MODELS": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            url = next(found[0] for line in server.stderr if (found := _LISTENING.search(line)))
            answer = predict(url)
        finally:
            server.terminate()

    assert (answer["model"], answer["predictions"]) == ("sum", [{"value": 6.0}])


def test_locust_finds_the_users() -> None:
    command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--list"]

    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert {"JsonTensorUser", "RowUser"} <= set(listed.stdout.split())


def test_public_names_are_imported_without_what_they_need_later() -> None:
    code = "import sys; from slipway_ml import __version__; import slipway_training; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in loaded if name.startswith("slipway_")] == ["slipway_ml", "slipway_training"]


def test_public_name_is_the_function_and_another_is_no_attribute() -> None:
    code = (
        "from slipway_training import publish; print(publish.__module__); import slipway_training; slipway_training.no"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "slipway_training.workflows.publish_fitted\n"
    assert "AttributeError: module 'slipway_training' has no attribute 'no'" in done.stderr
