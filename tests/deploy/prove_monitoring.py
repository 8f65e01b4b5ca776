"""A real Prometheus beside a real server, set up by compose.yaml: does it understand and see what it should?

Every question of the dashboard must be answered with at least one series, every rule must be evaluated without an
error, and a promotion of a damaged version must show up as the alert that is for it. Prints the figures; exit 1 where
one of these is not so. Needs the program `prometheus` (Debian: apt-get install prometheus).

usage: python -m tests.deploy.prove_monitoring
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from slipway_ml.registry.store import Registry
from tests.chart.dashboard import QUESTIONS
from tests.chart.rendering import CHART
from tests.deploy.compose import CONFIGS
from tests.factories import matrix_signature, publish
from tests.graphs import sum_graph
from tests.server import running_server

_TRAFFIC_SECONDS = 25
_ALERT_SECONDS = 30
_GOOD = {"instances": [{"f0": 1, "f1": 2, "f2": 3}]}


def main() -> int:
    if shutil.which("prometheus") is None:
        print("prometheus is missing; on Debian: apt-get install prometheus", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, httpx.Client(timeout=10) as client:
        models = Path(folder, "models")
        publish(models, "churn")
        with running_server(models) as server, _prometheus(Path(folder), server.address) as prometheus:
            _send(client, server.url)
            kept = [
                _dashboard_is_answered(client, prometheus),
                _rules_are_evaluated(client, prometheus),
                _damage_is_seen(client, prometheus, models),
            ]
    print("kept" if all(kept) else "BROKEN")
    return 0 if all(kept) else 1


@contextmanager
def _prometheus(folder: Path, target: str) -> Iterator[str]:
    """Prometheus with compose.yaml's configuration, this server as its target, and more frequent looks."""
    config = yaml.safe_load(CONFIGS["prometheus"])
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (folder / "alerts.yaml").write_bytes((CHART / "files" / "alerts.yaml").read_bytes())
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
    with subprocess.Popen(["prometheus", *options], cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://{address}/api/v1"
        finally:
            process.terminate()


def _send(client: httpx.Client, url: str) -> None:
    """Predictions, and one request in ten that is refused."""
    sent, until = 0, time.monotonic() + _TRAFFIC_SECONDS
    while time.monotonic() < until:
        client.post(f"{url}/predict/churn", json=_GOOD if sent % 10 else {"instances": []})
        sent += 1
        time.sleep(0.01)
    print(f"{sent} requests in {_TRAFFIC_SECONDS} s")


def _ask(client: httpx.Client, prometheus: str, expression: str) -> list[dict[str, Any]]:
    answer = client.get(f"{prometheus}/query", params={"query": expression})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def _dashboard_is_answered(client: httpx.Client, prometheus: str) -> bool:
    values = {"$__rate_interval": "15s", "$__range": "1m", "$job": "slipway", "$namespace": ".*", "$model": ".*"}
    empty = []
    for title, expression in QUESTIONS.items():
        text = expression
        for name, value in values.items():
            text = text.replace(name, value)
        numbers = [float(series["value"][1]) for series in _ask(client, prometheus, text)]
        if not numbers or any(number != number for number in numbers):  # noqa: PLR0124  # NaN alone differs from itself
            empty.append(title)
    print(f"dashboard: {len(QUESTIONS) - len(empty)} of {len(QUESTIONS)} questions answered with numbers", *empty)
    return not empty


def _rules_are_evaluated(client: httpx.Client, prometheus: str) -> bool:
    groups = client.get(f"{prometheus}/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    healthy = [rule for rule in rules if rule["health"] == "ok"]
    firing = [rule["name"] for rule in rules if rule.get("state", "inactive") != "inactive"]
    print(f"rules: {len(healthy)} of {len(rules)} evaluated without an error, {len(firing)} alerts raised", *firing)
    return len(healthy) == len(rules) > 0 and not firing


def _damage_is_seen(client: httpx.Client, prometheus: str, models: Path) -> bool:
    """Promote a version and flip a bit of its model at once, since a damaged one could not be promoted."""
    stored = publish(models, "churn", graph=sum_graph(matrix_signature(), offset=1.0))
    model = stored.folder / "model.onnx"
    content = model.read_bytes()
    model.chmod(0o644)
    Registry(models).promote("churn", stored.manifest.model_version)
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    started = time.monotonic()
    while time.monotonic() < started + _ALERT_SECONDS:
        raised = _ask(client, prometheus, 'ALERTS{alertname="SlipwayDegraded"}')
        if raised:
            print(f"damaged version promoted: SlipwayDegraded is raised after {time.monotonic() - started:.1f} s")
            return True
        time.sleep(0.2)
    print(f"damaged version promoted: SlipwayDegraded is not raised within {_ALERT_SECONDS} s")
    return False


if __name__ == "__main__":
    sys.exit(main())
