"""Hygiene only: a clean environment for every test, asyncio for asynchronous ones, no skips where CI forbids them."""

import os
import sys

import pytest

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# A run starts hundreds of processes that import the same packages: without bytecode on disk each compiles them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Test processes share the cores already; threads of OpenMP that spin for a core which another process has cost tenfold.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SLIPWAY_"):
            monkeypatch.delenv(name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE=all a skipped test is a failure: CI has everything that tests may ask for."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE") == "all" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("REQUIRE=all: tests were skipped, which counts as a failure", red=True)
