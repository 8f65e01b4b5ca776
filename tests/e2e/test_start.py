"""Starting the server: what it refuses, what it waits for, and what it never does."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.factories import publish
from tests.server import running_server
from tests.waiting import LIMIT


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slipway_ml", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


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
        (("--device", "cuda"), "slipway-ml[gpu]"),
        (("--host", "256.1.1.1", "--insecure"), "choose another --host"),
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
        live, ready = (httpx.get(f"{server.url}/health/{path}", timeout=LIMIT) for path in ("live", "ready"))

    assert (live.status_code, ready.status_code) == (200, 503)
    assert "No such file or directory" in server.log()


OPEN = "0.0.0.0"  # noqa: S104  # the address under test


@pytest.mark.parametrize("host", [OPEN, "::", "10.0.0.1", "localhost.example.org", ""])
def test_address_that_others_reach_is_refused_with_both_ways_out(host: str) -> None:
    done = serve("--host", host)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "slipway: this address can be reached from other machines and there are no keys; make one with 'slipway keys "
        "new' and give --keys FILE, or say --insecure if something in front of the server authenticates callers\n"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: no such file or directory; make one with 'slipway keys new NAME --keys FILE'"),
        ("", "cannot be used: it is not JSON"),
        ('{"schema": 2, "keys": []}', "cannot be used: schema: input should be 1"),
    ],
)
def test_server_does_not_start_with_keys_that_it_cannot_read(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_text(content)

    done = serve("--host", OPEN, "--keys", str(path))

    assert (done.returncode, done.stderr) == (2, f"slipway: the keys file {words}\n")


def test_keys_and_insecure_together_are_refused() -> None:
    done = serve("--insecure", "--keys", "keys.json")

    assert (done.returncode, "exclude each other" in done.stderr) == (2, True)


def test_open_address_without_keys_is_named_in_the_log(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, "--host", OPEN, "--insecure") as server:
        pass

    assert "no API keys are required on this address" in server.log()


def test_open_address_with_keys_is_served(tmp_path: Path) -> None:
    publish(tmp_path)
    keys = tmp_path / "keys.json"
    keys.write_text('{"schema": 1, "keys": []}')

    with running_server(tmp_path, "--host", OPEN, "--keys", str(keys)) as server:
        answer = httpx.get(f"{server.url}/v2", timeout=LIMIT)

    assert answer.status_code == 401
    assert "anybody" not in server.log()


def test_serving_imports_nothing_of_training() -> None:
    code = (
        "import sys, slipway_ml.main; print([m for m in sys.modules if m.split('.')[0] in "
        "{'slipway_training', 'sklearn', 'pandas'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
