"""Lines that say which model failed for whom, and whose word about the client is taken."""

import ipaddress
import json
from pathlib import Path

import httpx

from slipway_ml.front.access.access_log import AccessLog
from slipway_ml.front.exchange import Exchange
from tests.claims import for_each
from tests.factories import publish
from tests.keyring import add_key, bearer, id_of
from tests.server import running_server
from tests.waiting import until

PROXIES = [ipaddress.ip_network(network) for network in ("10.0.0.0/8", "fd00::/8")]


@for_each(
    "peer, told, client",
    {
        "no proxy": ("1.2.3.4", [], "1.2.3.4"),
        "somebody who claims to be another": ("1.2.3.4", ["9.9.9.9"], "1.2.3.4"),
        "a proxy": ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        "a proxy that says nothing": ("10.0.0.1", [], "10.0.0.1"),
        "two proxies": ("10.0.0.1", ["1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        "what the client put before": ("10.0.0.1", ["9.9.9.9, 1.2.3.4"], "1.2.3.4"),
        "two headers": ("10.0.0.1", ["9.9.9.9", "1.2.3.4"], "1.2.3.4"),
        "a port": ("10.0.0.1", ["1.2.3.4:567"], "1.2.3.4"),
        "IPv6": ("fd00::1", ["[2001:db8::1]:567"], "2001:db8::1"),
        "IPv4 within IPv6": ("::ffff:10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        "no address": ("10.0.0.1", ["1.2.3.4, <script>"], "10.0.0.1"),
        "a Unix socket": ("", ["1.2.3.4"], "1.2.3.4"),
    },
)
def test_client_is_whom_trusted_proxies_tell_of(peer: str, told: list[str], client: str) -> None:
    headers = [(b"x-forwarded-for", one.encode()) for one in told]
    exchange = Exchange(dict(headers), "id", None, "GET", headers, 0.0, peer=peer)

    assert AccessLog(lambda _name: True, PROXIES).client_of(exchange) == client


def test_lines_and_metrics_say_which_model_failed_why_and_for_whom(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    key = add_key(tmp_path / "keys.json")
    logged = ("--access-log", "--log-format", "json", "--trusted-proxies", "127.0.0.1")
    told = {**bearer(key), "X-Forwarded-For": "192.0.2.7"}
    with running_server(tmp_path / "models", "--keys", str(tmp_path / "keys.json"), *logged) as server:
        with httpx.Client(base_url=server.url, headers=told) as client:
            client.post("/predict/sum", json={"instances": [[1, 2, 3]]})
            client.post("/predict/sum/versions/1", json={"instances": [[1]]})
            client.post("/v2/models/sum/infer", json={"inputs": []})
            client.post("/predict/nobody", json={})
            client.post("/predict/sum", json={}, headers={"Authorization": "Bearer wrong"})
            client.get("/v2/models/nobody")
            stats = client.get("/v2/models/sum/stats").json()["model_stats"][0]["inference_stats"]
        until(lambda: server.log().count('"request"') >= 7)
        lines = [json.loads(line) for line in server.log().splitlines()]

    requests = [line for line in lines if line["message"] == "request" and line["route"] != "/health/ready"]
    about = [(one.get("model"), one.get("version"), one.get("reason"), one["status"]) for one in requests[:6]]
    assert about == [
        ("sum", "1", None, 200),
        ("sum", "1", "invalid_rows", 422),
        ("sum", "1", "malformed", 400),
        (None, None, "no_such_model", 404),
        ("sum", None, "unauthorized", 401),
        (None, None, "no_such_model", 404),
    ]
    assert {one.get("key_id") for one in requests if one["status"] != 401} == {id_of(key)}
    assert {one["client"] for one in requests} == {"192.0.2.7"}
    assert {line["severity"] for line in requests} == {"INFO"}
    assert (stats["success"]["count"], stats["fail"]["count"]) == (1, 2)
