"""The load test as a command against a real service: exit code 0, 1 and 2, and what it prints."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from slipway_loadtests.http import get_json


def _loadtest(*options: str) -> subprocess.CompletedProcess[str]:
    short = ["--seconds", "3", "--users", "4", "--spawn-rate", "100"]
    command = [sys.executable, "-m", "slipway_ml", "loadtest", *short, *options]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def liar(service_url: str) -> Iterator[str]:
    """A service that publishes what the real one does, and answers every request with 200 and a wrong body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(get_json(service_url + self.path))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"predictions": [], "outputs": []})

        def _answer(self, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_service_started_for_the_test_passes(registry: Path) -> None:
    done = _loadtest("--models", str(registry), "--p50-ms", "5000", "--p95-ms", "5000", "--p99-ms", "5000")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed objectives: p50 5000 ms" in done.stdout
    for name in ("predict mixed", "predict wide", "infer mixed", "infer wide", "overall"):
        assert name in done.stdout


def test_a_missed_objective_exits_with_1_and_is_named(service_url: str) -> None:
    done = _loadtest("--url", service_url, "--p50-ms", "5000", "--p95-ms", "0.001", "--p99-ms", "5000")

    assert done.returncode == 1
    assert "missed p95 is " in done.stdout
    assert "promised are 0.001 ms" in done.stdout


def test_wrong_bodies_under_status_200_fail_the_test(liar: str) -> None:
    done = _loadtest("--url", liar, "--p50-ms", "5000", "--p95-ms", "5000", "--p99-ms", "5000")

    assert done.returncode == 1
    assert "wrong number of predictions" in done.stdout
    assert "wrong outputs" in done.stdout


def test_an_empty_models_folder_exits_with_2_and_the_next_command(tmp_path: Path) -> None:
    done = _loadtest("--models", str(tmp_path))

    assert done.returncode == 2
    assert done.stderr == f"slipway: no models in {tmp_path}; next: slipway train breast_cancer --models {tmp_path}\n"


def test_an_unknown_shape_exits_with_2_and_the_known_ones(tmp_path: Path) -> None:
    done = _loadtest("--models", str(tmp_path), "--shape", "wave")

    assert done.returncode == 2
    assert done.stderr == "slipway: no shape 'wave'; there are: steps, spike, soak\n"


def test_the_list_of_commands_loads_neither_locust_nor_gevent() -> None:
    script = (
        "import sys; from slipway_ml.cli.main import cli; cli(['--help'], standalone_mode=False); "
        "print(sorted(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True)

    assert "loadtest" in done.stdout
    assert "'locust'" not in done.stdout
    assert "'gevent'" not in done.stdout
