"""A load test of a service that asks for keys."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.keyring import add_key
from tests.server import running_server
from tests.waiting import until


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "keys.json"


@pytest.fixture(scope="module")
def key(keys: Path) -> str:
    return add_key(keys)


@pytest.fixture(scope="module")
def guarded_url(registry: Path, keys: Path, key: str) -> Iterator[str]:
    assert key
    with running_server(registry, "--keys", str(keys)) as server:
        yield server.url


def loadtest(url: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slipway_ml", "loadtest", "--seconds", "3", "--users", "2", "--url", url]
    limits = [f"--p{share}-ms=5000" for share in (50, 95, 99)]
    return subprocess.run(
        [*command, *limits, *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_load_test_sends_the_key(guarded_url: str, key: str) -> None:
    done = loadtest(guarded_url, SLIPWAY_API_KEY=key)

    assert done.returncode == 0, done.stdout + done.stderr
    assert key not in done.stdout + done.stderr


def test_load_test_without_the_key_cannot_run(guarded_url: str) -> None:
    done = loadtest(guarded_url)

    assert done.returncode == 2
    assert "answered 401" in done.stderr


def test_keys_meant_for_another_server_do_not_close_the_one_of_the_test(registry: Path, keys: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "slipway_ml",
        "loadtest",
        "--seconds",
        "3",
        "--users",
        "2",
        "--models",
        str(registry),
    ]
    limits = [f"--p{share}-ms=5000" for share in (50, 95, 99)]
    environment = {**os.environ, "SLIPWAY_KEYS": str(keys)}

    done = subprocess.run(
        [*command, *limits], env=environment, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_key_for_one_model_sends_own_rows_to_it_and_gets_a_page(guarded_url: str, keys: Path, tmp_path: Path) -> None:
    columns = [f"f{number}" for number in range(30)]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(columns), ",".join(["0.5"] * 30), ",".join(["-2"] * 30)]))
    page = tmp_path / "report.html"
    options = ("--model", "wide", "--rows", str(tmp_path / "rows.csv"), "--html", str(page))
    key = add_key(keys, models=["wide"])
    until(lambda: httpx.get(f"{guarded_url}/v2/models/wide", headers={"X-API-Key": key}).status_code == 200)
    done = loadtest(guarded_url, *options, SLIPWAY_API_KEY=key)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "models: wide" in done.stdout
    assert "predict wide" in page.read_text()


def test_page_of_locust_takes_the_key_of_who_starts_the_test(guarded_url: str, key: str, tmp_path: Path) -> None:
    locustfile = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--web-host", "127.0.0.1"]
    log = (tmp_path / "locust.log").open("w")
    process = subprocess.Popen([*command, "--web-port", str(port)], cwd=tmp_path, stdout=log, stderr=log)
    page = f"http://127.0.0.1:{port}"
    form = {"user_count": "2", "spawn_rate": "10", "host": guarded_url, "api_key": key, "pace": "20"}
    try:
        until(lambda: _answers(page))
        assert httpx.post(f"{page}/swarm", data=form).json()["success"]
        until(lambda: httpx.get(f"{page}/stats/requests").json()["stats"][-1]["num_requests"] > 5)
        stats = httpx.get(f"{page}/stats/requests").json()
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()

    assert stats["fail_ratio"] == 0
    assert key not in (tmp_path / "locust.log").read_text()


def _answers(page: str) -> bool:
    try:
        return httpx.get(page).status_code == 200
    except httpx.TransportError:
        return False
