"""The chart against the service itself: it starts with the rendered environment, and `helm test` finds it well.

One real server, started as the pod starts it, save for loopback, a free port, and models and keys of the test.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from slipway_ml.security.keys import Scope
from slipway_ml.settings import Settings
from tests.chart.rendering import CHART, render, render_server, render_settings
from tests.chart.value_sets import VALUE_SETS
from tests.claims import for_each
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sum_graph
from tests.keyring import add_key

START_SECONDS = 120


def _environment(values: dict[str, object] | None = None) -> dict[str, str]:
    """What the pod's container would see of the chart."""
    direct = {entry["name"]: entry["value"] for entry in render_server(values)["env"]}
    return {**render_settings(values), **direct}


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _status(address: str, path: str) -> int:
    """The status of a GET; 0 while nobody listens."""
    with closing(HTTPConnection(address, timeout=60)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            return 0


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the two Secrets hold: the keys file, and a key that may predict."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "key").write_text(add_key(folder / "keys.json", Scope.PREDICT) + "\n")
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> Iterator[str]:
    """Address of a running server with two models and a key."""
    models = tmp_path_factory.mktemp("models")
    publish(models, "plain", matrix_signature(), sum_graph(matrix_signature()))
    publish(models, "mixed", mixed_signature(), sum_graph(mixed_signature()))
    port = _free_port()
    here = {"SLIPWAY_HOST": "127.0.0.1", "SLIPWAY_PORT": str(port), "SLIPWAY_MODELS": str(models)}
    here["SLIPWAY_KEYS"] = str(secrets / "keys.json")
    environment = {"PATH": os.environ["PATH"], **_environment(), **here}
    command = [sys.executable, "-m", "slipway_ml", *render_server()["args"]]
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]) as server:
        deadline = time.monotonic() + START_SECONDS
        while _status(f"127.0.0.1:{port}", "/health/ready") != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
        server.terminate()


def _smoke(
    step: str, address: str, model: str = "", body: str = "", key_file: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run what the test pod of this step runs, against this address."""
    [pod] = [document for document in render() if document["metadata"]["name"] == f"demo-slipway-test-{step}"]
    script, *_ = pod["spec"]["containers"][0]["args"]
    command = [sys.executable, "-c", script, step, address, model, body, str(key_file or "")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@for_each("values", VALUE_SETS)
def test_service_knows_every_setting_of_the_chart(values: dict[str, object]) -> None:
    data = render_settings(values)
    given = {name.removeprefix("SLIPWAY_").lower(): value for name, value in data.items()}

    settings = Settings.model_validate_strings(given)

    assert set(given) <= settings.model_fields_set
    assert settings.host == "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_probes_are_answered(address: str, probe: str) -> None:
    assert _status(address, render_server()[probe]["httpGet"]["path"]) == 200


@pytest.mark.parametrize(
    ("step", "model", "said"),
    [
        ("live", "", "live: "),
        ("ready", "", "ready: "),
        ("infer", "", "plain answered value"),
        ("infer", "plain", "plain answered value"),
    ],
)
def test_helm_test_passes_on_a_good_server(address: str, secrets: Path, step: str, model: str, said: str) -> None:
    done = _smoke(step, address, model, key_file=secrets / "key")

    assert (done.returncode, said in done.stdout) == (0, True), done.stderr


def test_helm_test_fails_without_a_key(address: str) -> None:
    done = _smoke("infer", address, "plain")

    assert (done.returncode, "answered 401" in done.stderr) == (1, True)


def test_helm_test_takes_a_body_of_your_own(address: str, secrets: Path) -> None:
    body = '{"inputs": [{"name": "X", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}]}'

    done = _smoke("infer", address, "plain", body, secrets / "key")

    assert done.returncode == 0, done.stderr


def test_helm_test_fails_on_a_model_that_is_not_there(address: str, secrets: Path) -> None:
    done = _smoke("infer", address, "nobody", key_file=secrets / "key")

    assert done.returncode == 1
    assert "GET /v2/models/nobody answered 404" in done.stderr


def test_helm_test_fails_when_nobody_listens() -> None:
    assert _smoke("live", f"127.0.0.1:{_free_port()}").returncode == 1


def test_smoke_script_fits_into_a_pod() -> None:
    """Arguments of a process may hold 128 KiB."""
    assert len((CHART / "files" / "smoke.py").read_bytes()) < 16_384
