"""A version whose loading does not end takes neither the other models nor readiness away."""

import json
import urllib.request
from pathlib import Path

import httpx

from slipway_ml.registry.store import Registry
from tests.factories import publish, slow_signature, with_golden_row
from tests.graphs import looping_graph
from tests.server import Server, running_server
from tests.waiting import until

ROW = {"instances": [[1, 2, 3]]}
GOOD, ENDLESS = 1.0, 1e15


def publish_counting(models: Path, golden: float) -> None:
    signature = slow_signature(1.0)
    publish(models, "counts", signature, looping_graph(signature), with_golden_row(golden))


def ask(server: Server, model: str, instances: list[list[float]]) -> int:
    return httpx.post(f"{server.url}/predict/{model}", json={"instances": instances}, timeout=60).status_code


def reasons(server: Server) -> str:
    request = urllib.request.Request(f"{server.url}/v2/repository/index", data=b"{}", method="POST")
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.dumps(json.load(response))


def test_endless_version_is_refused_in_time_and_the_last_good_one_serves(tmp_path: Path) -> None:
    publish_counting(tmp_path, GOOD)
    with running_server(tmp_path, "--load-seconds", "1", "--poll-seconds", "0.1") as server:
        publish_counting(tmp_path, ENDLESS)
        Registry(tmp_path).promote("counts", 2)
        publish(tmp_path, "sum")
        until(lambda: ask(server, "sum", [[1, 2, 3]]) == 200)
        until(lambda: "has not ended within 1 s" in reasons(server))

        assert ask(server, "counts", [[3]]) == 200
        assert httpx.get(f"{server.url}/health/ready").status_code == 200


def test_endless_version_does_not_keep_a_server_from_being_ready(tmp_path: Path) -> None:
    publish_counting(tmp_path, ENDLESS)
    publish(tmp_path, "sum")
    with running_server(tmp_path, "--load-seconds", "1") as server:
        assert ask(server, "sum", [[1, 2, 3]]) == 200
        assert ask(server, "counts", [[3]]) == 503


def test_untrusted_endless_version_is_ended_with_its_process(tmp_path: Path) -> None:
    publish_counting(tmp_path, ENDLESS)
    publish(tmp_path, "sum")
    with running_server(tmp_path, "--load-seconds", "1", "--no-trust-registry") as server:
        assert ask(server, "sum", [[1, 2, 3]]) == 200
        assert "trial in its own process" in reasons(server)
