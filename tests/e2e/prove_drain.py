"""Stopping and killing, many times over: what clients lose, printed as figures; exit 1 where a promise is broken.

usage: python -m tests.e2e.prove_drain [RUNS]
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.e2e.drain import CLIENTS, DRAIN_SECONDS, asked_again_after_sigterm, stock_uvicorn, stop_under_load
from tests.e2e.hammer import Tally
from tests.factories import publish
from tests.server import running_server

_RESPAWN_SECONDS = 1.5


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        publish(models)
        kept = [
            _stopped(models, runs, stubborn=False) == 0,
            _stopped(models, runs, stubborn=True) <= CLIENTS * runs // 4,
            _killed(models, runs),
        ]
    lost = sum(CLIENTS - _stock() for _ in range(3))
    print(f"negative control, stock uvicorn: {lost} of {3 * CLIENTS} kept connections lost their next request")
    print("kept" if all(kept) and lost else "BROKEN")
    return 0 if all(kept) and lost else 1


def _stopped(models: Path, runs: int, *, stubborn: bool) -> int:
    total = Tally()
    slowest = 0.0
    for _ in range(runs):
        with running_server(models, "--drain-seconds", str(DRAIN_SECONDS)) as server:
            tally, code, seconds = stop_under_load(server, stubborn=stubborn)
        total.answered += tally.answered
        total.lost += tally.lost if code == 0 else [f"exit code {code}"]
        slowest = max(slowest, seconds)
    kind = "reconnect stubbornly" if stubborn else "heed Connection: close"
    print(
        f"SIGTERM, {CLIENTS} clients that {kind}, {runs} runs: {len(total.lost)} lost of {total.answered:,} requests, "
        f"slowest exit {slowest:.2f} s with a drain of {DRAIN_SECONDS:g} s"
    )
    return len(total.lost)


def _killed(models: Path, runs: int) -> bool:
    failed, asked, slowest = 0, 0, 0.0
    with running_server(models, "--workers", "2") as server:
        supervisor = psutil.Process(server.process.pid)
        for _ in range(runs):
            victim = supervisor.children()[0].pid
            os.kill(victim, signal.SIGKILL)
            started = time.monotonic()
            while len(supervisor.children()) < 2 or psutil.pid_exists(victim):  # the workers asked for
                failed += _fails(server.url)
                asked += 1
            for _ in range(10):
                failed += _fails(server.url)
                asked += 1
            slowest = max(slowest, time.monotonic() - started)
    print(
        f"kill -9 of one of 2 workers, {runs} times: {failed} of {asked} new connections failed, "
        f"slowest until both answered again {slowest:.2f} s"
    )
    return failed == 0 and slowest <= _RESPAWN_SECONDS


def _fails(url: str) -> bool:
    try:
        return httpx.post(f"{url}/predict/sum", json={"instances": [[1, 2, 3]]}, timeout=10).status_code != 200
    except httpx.HTTPError:
        return True


def _stock() -> int:
    with stock_uvicorn() as (process, url):
        return asked_again_after_sigterm(process, url, "/")


if __name__ == "__main__":
    sys.exit(main())
