"""A load test of a service that asks for keys."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keyring import add_key
from tests.server import running_server


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


def loadtest(url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slipway_ml", "loadtest", "--seconds", "3", "--users", "2", "--url", url]
    limits = [f"--p{share}-ms=5000" for share in (50, 95, 99)]
    return subprocess.run(
        [*command, *limits], env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
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
