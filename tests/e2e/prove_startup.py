"""What starting costs with one model and with 200, beside a process that only imports what the service is built on.

The models are the same graph under other names. Prints seconds to ready and to the first predicted row, processor time
to ready, both with the ratio to the imports (medians; both in turn on one core), private memory beyond the imports once
everything is loaded, and the median latency of one row with one and with 200 models, asked in turn.

usage: python -m tests.e2e.prove_startup [--models DIR] [--model NAME] [--count N] [--runs N]
"""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from slipway_loadtests import service
from slipway_loadtests.bench.machine import raise_priority, two_cores
from slipway_loadtests.bench.startup import Startup, measure_startup
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from tests.factories import matrix_signature, publish
from tests.graphs import sign_graph

_ROUNDS = 20
_REQUESTS = 100


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, help="folder to take the model from; default: a tiny one is made")
    parser.add_argument("--model", default="")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    pin = ["taskset", "--cpu-list", str(two_cores()[0])]
    with tempfile.TemporaryDirectory() as folder, raise_priority():
        one, many = Path(folder, "one"), Path(folder, "many")
        stored = _stored(given.models, given.model, Path(folder, "source"))
        _copy(stored, one, 1)
        _copy(stored, many, given.count)
        ask = partial(_predict, httpx.Client(), body={"instances": [stored.manifest.golden_rows.rows[0].row]})
        alone = measure_startup(service.slipway_command(one), pin, given.runs, ask)
        crowd = measure_startup(service.slipway_command(many), pin, max(1, given.runs // 2), ask)
        with (
            service.running([*pin, *service.slipway_command(one)]) as first,
            service.running([*pin, *service.slipway_command(many)]) as second,
        ):
            p50 = _p50([first.url, second.url], stored)
    _say(1, alone)
    _say(given.count, crowd)
    each = (crowd.service.private_mib - alone.service.private_mib) / (given.count - 1)
    each_ms = (crowd.ready_seconds - alone.ready_seconds) / (given.count - 1) * 1e3
    print(f"each further model: {each:.2f} MiB, {each_ms:.1f} ms")
    print(f"p50 of one row: {p50[0]:.2f} ms with one model, x {p50[1] / p50[0]:.3f} with {given.count}")
    return 0


def _stored(models: Path | None, name: str, made: Path) -> StoredVersion:
    if models is None:
        signature = matrix_signature(30, ("no", "yes"))
        return publish(made, "tiny", signature, sign_graph(signature))
    registry = Registry(models)
    name = name or registry.model_names()[0]
    return registry.read(name, registry.desired(name).aliases["champion"])


def _copy(stored: StoredVersion, root: Path, count: int) -> None:
    content = {name: stored.read_file(name) for name in stored.manifest.files} | {MODEL_FILE: stored.read_model()}
    for number in range(count):
        name = f"m{number:03}"
        Registry(root).publish(
            name,
            content,
            lambda version, files, name=name: stored.manifest.model_copy(  # type: ignore[misc]  # mypy knows no default here
                update={"model_name": name, "model_version": version, "files": files}
            ),
        )


def _say(count: int, startup: Startup) -> None:
    print(f"{count:4} models: ready after {startup.ready_seconds:.2f} s", end=", ")
    print(f"the imports take {startup.import_seconds:.2f} s (x {startup.ready_ratio:.2f})")
    print(f"     a row is predicted after {startup.response_seconds:.2f} s")
    print(f"     processor time to ready {startup.ready_cpu_seconds:.2f} s", end=", ")
    print(f"of the imports {startup.import_cpu_seconds:.2f} s (x {startup.ready_cpu_ratio:.2f})")
    print(f"     private memory {startup.private_mib_over_imports:+.1f} MiB over that of the imports")


def _predict(client: httpx.Client, url: str, body: dict[str, Any]) -> None:
    client.post(f"{url}/predict/m000", json=body).raise_for_status()


def _p50(urls: list[str], stored: StoredVersion) -> list[float]:
    """Median milliseconds of one row by the first model at each address, in turns."""
    body = {"instances": [stored.manifest.golden_rows.rows[0].row]}
    times: list[list[float]] = [[] for _ in urls]
    with httpx.Client() as client:
        for _ in range(_ROUNDS):
            for url, seconds in zip(urls, times, strict=True):
                for _ in range(_REQUESTS):
                    started = time.perf_counter()
                    _predict(client, url, body)
                    seconds.append(time.perf_counter() - started)
    return [median(seconds) * 1e3 for seconds in times]


if __name__ == "__main__":
    sys.exit(main())
