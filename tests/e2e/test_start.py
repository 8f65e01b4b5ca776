"""Starting the server: what it refuses, what it waits for, and what it never does."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.factories import publish
from tests.server import running_server


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_port_in_use_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = serve("--models", str(tmp_path), "--port", port)

    assert done.returncode == 2
    assert (
        done.stderr
        == f"slipway: cannot listen on 127.0.0.1:{port}: another program listens there; choose another --port\n"
    )


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--port", "70000"), "--port (SLIPWAY_PORT)"),
        (("--poll-seconds", "0"), "--poll-seconds (SLIPWAY_POLL_SECONDS)"),
        (("--device", "tpu"), "--device (SLIPWAY_DEVICE)"),
        (("--device", "cuda"), "slipway[gpu]"),
        (("--host", "256.1.1.1"), "choose another --host"),
    ],
)
def test_bad_setting_is_one_sentence_and_exit_2(options: tuple[str, ...], named: str) -> None:
    done = serve(*options)

    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("folder", ["missing", "empty", "a file"])
def test_strict_start_without_models_exits_3(tmp_path: Path, folder: str) -> None:
    path = tmp_path / "models"
    if folder == "empty":
        path.mkdir()
    if folder == "a file":
        path.write_text("")

    done = serve("--models", str(path), "--strict")

    assert done.returncode == 3
    assert "--strict" in done.stderr


def test_server_waits_for_models_and_says_so(tmp_path: Path) -> None:
    with running_server(tmp_path / "none", wait=False) as server:
        live, ready = httpx.get(f"{server.url}/health/live"), httpx.get(f"{server.url}/health/ready")

    assert (live.status_code, ready.status_code) == (200, 503)
    assert "No such file or directory" in server.log()


def test_open_address_is_named_in_the_log(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, "--host", "0.0.0.0") as server:  # noqa: S104  # the address under test
        pass

    assert "there are no keys" in server.log()


def test_serving_imports_nothing_of_training() -> None:
    code = (
        "import sys, app.main; print([m for m in sys.modules if m.split('.')[0] in {'training', 'sklearn', 'pandas'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
