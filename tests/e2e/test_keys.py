"""Keys under a running server: changed, damaged and revoked while it serves, and never to be read anywhere."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.security.keys import Scope
from tests.e2e.walk import exchange
from tests.factories import publish
from tests.keyring import add_key, bearer, id_of, replace
from tests.server import Server, running_server
from tests.waiting import LIMIT, until

ROWS = {"instances": [[1.0, 2.0, 3.0]]}


def keys(*arguments: str) -> str:
    command = [sys.executable, "-m", "slipway_ml", "keys", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def status(server: Server, key: str, path: str = "/v2") -> int:
    return httpx.get(f"{server.url}{path}", headers=bearer(key), timeout=LIMIT).status_code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A keys file beside a models folder with one model."""
    publish(tmp_path / "models")
    return tmp_path / "keys.json"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_new_key_works_and_revoked_key_stops_without_a_restart(path: Path, workers: str) -> None:
    first = keys("new", "first", "--keys", str(path))
    with running_server(path.parent / "models", "--keys", str(path), "--workers", workers) as server:
        before = status(server, first)
        second = keys("new", "second", "--keys", str(path))
        keys("revoke", id_of(first), "--keys", str(path))
        until(lambda: [status(server, key) for key in (first, second) * 6] == [401, 200] * 6)

    assert before == 200


def test_damaged_file_keeps_the_old_keys_and_is_counted(path: Path) -> None:
    key = add_key(path, *Scope)
    with running_server(path.parent / "models", "--keys", str(path)) as server:
        replace(path, b"{")
        until(lambda: "the previous keys stay in force" in server.log())
        time.sleep(2.2)  # two more looks at the file
        metrics = httpx.get(f"{server.url}/metrics", headers=bearer(key), timeout=LIMIT).text

    assert server.log().count("the previous keys stay in force") == 1
    assert "slipway_key_file_failures_total 1.0" in metrics


def test_worker_that_is_replaced_while_the_file_is_damaged_knows_the_keys(path: Path) -> None:
    revoked, key = add_key(path), add_key(path)
    with running_server(path.parent / "models", "--keys", str(path), "--workers", "2") as server:
        keys("revoke", id_of(revoked), "--keys", str(path))
        until(lambda: [status(server, revoked) for _ in range(6)] == [401] * 6)
        replace(path, b"{")
        until(lambda: server.log().count("the previous keys stay in force") == 3)
        killed = psutil.Process(server.process.pid).children()
        for worker in killed:
            os.kill(worker.pid, signal.SIGKILL)
        psutil.wait_procs(killed, timeout=LIMIT)
        answers = [(status(server, key), status(server, revoked)) for _ in range(6)]

    assert answers == [(200, 401)] * 6


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server with one key that allows everything."""
    folder = tmp_path_factory.mktemp("guarded")
    publish(folder / "models")
    key = add_key(folder / "keys.json", *Scope)
    options = ("--keys", str(folder / "keys.json"), "--access-log", "--log-format", "json", "--log-level", "debug")
    with running_server(folder / "models", *options) as server:
        yield server, key


def test_key_is_to_be_read_nowhere(guarded: tuple[Server, str]) -> None:
    server, key = guarded
    secret = key.split("_")[2]
    with httpx.Client(base_url=server.url, headers=bearer(key), timeout=LIMIT) as client:
        texts = [client.get(path).text for path in ("/v2", "/v2/models", "/metrics", "/docs", "/openapi.json")]
        texts += [client.post("/predict/sum", content=body).text for body in (b"", b"{", json.dumps(ROWS).encode())]
        texts += [client.get(f"/{secret}").text, client.get(f"/predict/{secret}").text, client.post("/v2").text]
        texts.append(client.get("/v2", headers={"X-API-Key": key + "x"}).text)
        texts.append(client.get("/v2", headers={"X-API-Key": secret}).text)
    process = psutil.Process(server.process.pid)
    texts += [server.log(), repr(process.cmdline()), repr(process.environ())]

    assert [text for text in texts if secret in text] == []
    assert [text for text in texts if secret[:12] in text] == []


def test_values_of_a_request_are_to_be_read_nowhere(guarded: tuple[Server, str]) -> None:
    server, key = guarded
    rows = {"instances": [["kanarienvogel", 8675309.25, None], [1, 2]]}
    tensor = {"name": "kanarienvogel", "datatype": "kanarienvogel", "shape": [1, 3], "data": [8675309.25, 2, "x"]}
    with httpx.Client(base_url=server.url, headers=bearer(key), timeout=LIMIT) as client:
        answers = [
            client.post("/predict/sum", json=rows),
            client.post("/v2/models/sum/infer", json={"inputs": [tensor | {"name": "X"}]}),
            client.post("/v2/models/sum/infer", content=b'{"inputs": "kanarienvogel 8675309.25'),
            client.post("/predict/kanarienvogel", json={"instances": [[8675309.25, 1, 2]]}),
        ]
        metrics = client.get("/metrics").text
    texts = [server.log(), metrics, *(answer.text for answer in answers)]

    assert [answer.status_code // 100 for answer in answers] == [4] * 4
    assert [text for text in texts if "kanarienvogel" in text or "8675309" in text] == []


def test_models_list_knows_nothing_of_keys(path: Path) -> None:
    key = add_key(path)
    command = [sys.executable, "-m", "slipway_ml", "models", "list", "--models", str(path.parent / "models")]

    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "SLIPWAY_KEYS": str(path)}
    )

    assert id_of(key) not in done.stdout + done.stderr


def audited(server: Server, request_id: str) -> list[str]:
    return [text for text in list(server.lines) if f'"{request_id}"' in text and '"slipway.audit"' in text]


def test_refusal_is_one_line_with_key_id_route_and_request_id(guarded: tuple[Server, str]) -> None:
    server, key = guarded
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")

    httpx.get(f"{server.url}/v2/models/geheim", headers={**bearer(wrong), "X-Request-ID": "audit-1"}, timeout=LIMIT)

    until(lambda: audited(server, "audit-1"))
    [line] = [json.loads(text) for text in audited(server, "audit-1")]
    assert line["message"] == "refused"
    assert (line["key_id"], line["route"], line["request_id"]) == (id_of(key), "/v2/models/{model_name}", "audit-1")
    assert "geheim" not in json.dumps(line)


def test_refusal_says_which_scheme_is_wanted(guarded: tuple[Server, str]) -> None:
    server, _ = guarded

    answer = httpx.get(f"{server.url}/v2", timeout=LIMIT)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {"error": "a key is needed; send it as 'Authorization: Bearer KEY' or as 'X-API-Key: KEY'"}


@pytest.mark.parametrize(
    ("method", "path", "stored"),
    [
        ("POST", "/predict/sum", "no-store"),
        ("GET", "/v2", "no-store"),
        ("GET", "/openapi.json", "no-store"),
        ("GET", "/nowhere", "no-store"),
        ("GET", "/static-offline-docs/swagger-ui.css", None),
    ],
)
def test_answers_are_neither_guessed_at_nor_kept(
    guarded: tuple[Server, str], method: str, path: str, stored: str | None
) -> None:
    server, key = guarded

    answer = httpx.request(method, f"{server.url}{path}", json=ROWS, headers=bearer(key), timeout=LIMIT)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get("cache-control") == stored
    assert "server" not in answer.headers


NAMES = st.sampled_from(["Authorization", "X-API-Key", "Host", "Cookie", "X-Request-ID"])
VALUES = st.binary(max_size=80).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b""))


@settings(max_examples=200, deadline=None)
@given(headers=st.lists(st.tuples(NAMES, st.one_of(VALUES, VALUES.map(lambda value: b"Bearer " + value))), max_size=4))
def test_random_headers_never_open_a_door_and_never_break_the_server(
    guarded: tuple[Server, str], headers: list[tuple[str, bytes]]
) -> None:
    server, _ = guarded
    lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers)

    answer = exchange(server.address, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + lines + b"\r\n")

    assert int(answer.split(b" ", 2)[1]) in {400, 401, 431}
