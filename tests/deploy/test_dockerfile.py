"""What the Dockerfile promises. It is read, not built: no test needs a container runtime."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import slipway_ml
from tests.deploy.dockerfile import DOCKERFILE, read_stages

ROOT = DOCKERFILE.parent
BASE, BUILD, SERVICE = read_stages(DOCKERFILE.read_text())
ALL_INSTRUCTIONS = [instruction for stage in (BASE, BUILD, SERVICE) for instruction in stage.instructions]


def _pinned(lock: str) -> set[str]:
    """Names of the distributions in a lock."""
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))


def test_build_and_service_start_from_the_same_base() -> None:
    assert "ARG BASE_IMAGE=python:3.13-slim" in DOCKERFILE.read_text().splitlines()
    assert (BASE.base, BUILD.base, SERVICE.base) == ("${BASE_IMAGE}", "base", "base")


def test_service_takes_the_finished_environment_and_nothing_else() -> None:
    assert [copy.rest for copy in SERVICE.all("COPY")] == ["--from=build /opt/slipway /opt/slipway"]
    assert SERVICE.all("RUN") == []


def test_server_is_process_one() -> None:
    """The exec form; with the shell form a shell would get the signals and keep them."""
    assert SERVICE.one("ENTRYPOINT").exec_form == ["slipway"]
    assert SERVICE.one("CMD").exec_form == ["serve"]


def test_user_is_a_number_and_not_root() -> None:
    """A name would not do: Kubernetes cannot tell that a name is not root."""
    user, group = SERVICE.one("USER").rest.split(":")

    assert (int(user), int(group)) == (65532, 65532)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORT_DISABLE_TELEMETRY", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("SLIPWAY_HOST", "0.0.0.0"),  # noqa: S104
        ("SLIPWAY_PORT", "8000"),
        ("SLIPWAY_MODELS", "/models"),
        ("SLIPWAY_LOG_FORMAT", "json"),
    ],
)
def test_environment_of_the_image(name: str, value: str) -> None:
    assert SERVICE.pairs("ENV")[name] == value


def test_exposed_port_is_the_one_the_server_takes() -> None:
    assert SERVICE.one("EXPOSE").rest == SERVICE.pairs("ENV")["SLIPWAY_PORT"]


def test_byte_code_is_compiled_while_building_and_stays_valid() -> None:
    last_step = BUILD.all("RUN")[-1].rest

    assert "compileall -q --invalidation-mode unchecked-hash /opt/slipway/lib" in last_step


@pytest.mark.parametrize("lock", ["base.txt", "gpu.txt"])
def test_image_has_no_training_libraries(lock: str) -> None:
    training_only = {"scikit-learn", "skl2onnx", "onnx", "pandas", "scipy", "locust", "helm-python-sdk"}

    assert _pinned(lock) & training_only == set()


def test_gpu_and_cpu_wheels_of_onnxruntime_never_meet() -> None:
    assert {name for name in _pinned("base.txt") if name.startswith("onnxruntime")} == {"onnxruntime"}
    assert {name for name in _pinned("gpu.txt") if name.startswith("onnxruntime")} == {"onnxruntime-gpu"}


def test_everything_fetched_is_checked_against_a_hash() -> None:
    steps = [step for run in BUILD.all("RUN") for step in run.rest.split("&&")]
    installs = [step for step in steps if " install " in step or " build " in step]

    unchecked = [step.strip() for step in installs if "--require-hashes" not in step and "--no-index" not in step]

    assert len(installs) == 4
    assert unchecked == []


def test_lock_is_an_argument_of_the_build() -> None:
    assert BUILD.pairs("ARG") == {"LOCK": "base"}
    assert '-r "requirements/${LOCK}.txt"' in BUILD.all("RUN")[0].rest


def test_environment_of_the_service_has_no_installer() -> None:
    assert "python3 -m venv --without-pip /opt/slipway" in BUILD.all("RUN")[0].rest


def test_every_copied_path_exists_and_is_in_the_build_context() -> None:
    context = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [source for copy in BUILD.all("COPY") for source in copy.rest.split()[:-1]]
    tops = {source.split("/")[0] for source in sources}

    assert tops == context
    assert [top for top in tops if not (ROOT / top).exists()] == []


def test_build_context_leaves_everything_else_out() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert next(line for line in lines if not line.startswith("#")) == "*"


def test_labels_name_version_and_licence() -> None:
    labels = SERVICE.pairs("LABEL")

    assert SERVICE.pairs("ARG")["VERSION"] == slipway_ml.__version__
    assert labels["org.opencontainers.image.version"] == "${VERSION}"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_no_secret_is_baked_in() -> None:
    names = [name for stage in (BUILD, SERVICE) for word in ("ENV", "ARG") for name in stage.pairs(word)]

    assert [name for name in names if re.search("KEY|TOKEN|PASSWORD|SECRET|INDEX", name)] == []


def test_nothing_is_downloaded_by_hand() -> None:
    assert [one.rest for one in ALL_INSTRUCTIONS if one.word == "ADD" or re.search(r"\b(curl|wget)\b", one.rest)] == []


class _Live(BaseHTTPRequestHandler):
    """Answers GET /health/live with the status its server was given."""

    def do_GET(self) -> None:
        assert isinstance(self.server, _LiveServer)
        self.send_response(self.server.status if self.path == "/health/live" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the test's output clean."""


class _LiveServer(HTTPServer):
    status = 200


@pytest.fixture
def live_server() -> Iterator[_LiveServer]:
    """A small HTTP server on a free port."""
    with _LiveServer(("127.0.0.1", 0), _Live) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _healthcheck(port: int, tmp_path: Path) -> int:
    """Exit status of the image's own health check, run with a proxy around that it must not use."""
    command = SERVICE.one("HEALTHCHECK").exec_form
    assert command is not None
    environment = {"PATH": os.environ["PATH"], "SLIPWAY_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, *command[1:]], env=environment, cwd=tmp_path, check=False, capture_output=True
    )
    return done.returncode


def test_healthcheck_passes_on_a_live_server(live_server: _LiveServer, tmp_path: Path) -> None:
    assert _healthcheck(live_server.server_port, tmp_path) == 0


def test_healthcheck_fails_on_another_status(live_server: _LiveServer, tmp_path: Path) -> None:
    live_server.status = 503

    assert _healthcheck(live_server.server_port, tmp_path) == 1


def test_healthcheck_fails_when_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as bound_but_deaf:
        bound_but_deaf.bind(("127.0.0.1", 0))

        assert _healthcheck(bound_but_deaf.getsockname()[1], tmp_path) == 1


def test_image_makes_no_choice_about_who_may_call() -> None:
    """Whoever runs it must: it listens on all addresses, and does not start without keys or a word."""
    assert {"SLIPWAY_KEYS", "SLIPWAY_INSECURE"} & set(SERVICE.pairs("ENV")) == set()
