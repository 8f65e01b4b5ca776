"""Refusals of large bodies are read by the client, directly and through real proxies, and nobody else suffers."""

import http.client
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import requests

from tests.factories import publish
from tests.keyring import add_key
from tests.proxies import haproxy, nginx
from tests.server import running_server
from tests.wire import rows

MB = 1_000_000
TIMES = 5
LIMITS = ("--max-body-bytes", str(6 * MB), "--max-bytes-in-flight", str(5 * MB))
PREDICT = "/predict/sum"


@dataclass(frozen=True)
class Site:
    """Two servers with keys, and the files to post."""

    addresses: list[str]
    key: str
    folder: Path

    def body(self, size: int) -> Path:
        path = self.folder / f"{size}.json"
        if not path.exists():
            path.write_bytes(b'{"instances": [[1, 2, 3]]}'.ljust(size))
        return path


@dataclass(frozen=True)
class Refusal:
    """A post that is to be refused: with the status that it should get."""

    status: int
    size: int
    path: str = PREDICT
    headers: tuple[tuple[str, str], ...] = ()
    has_key: bool = True

    def headers_for(self, site: Site) -> dict[str, str]:
        return {"X-API-Key": site.key if self.has_key else "wrong", **dict(self.headers)}


REFUSALS = {
    "401": Refusal(401, 4 * MB, has_key=False),
    "403": Refusal(403, 4 * MB, "/v2/repository/models/sum/load"),
    "404": Refusal(404, 4 * MB, "/no/such/path"),
    "405": Refusal(405, 4 * MB, "/v2"),
    "413": Refusal(413, 30 * MB),
    "415": Refusal(415, 4 * MB, headers=(("Content-Type", "multipart/form-data; boundary=x"),)),
    "431": Refusal(431, 4 * MB, headers=(("A", "a" * 7000), ("B", "b" * 7000), ("C", "c" * 7000))),
    "503": Refusal(503, 5_500_000),
}
THROUGH_PROXIES = {name: refusal for name, refusal in REFUSALS.items() if name != "431"}  # theirs to refuse, too


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    publish(folder / "models")
    key = add_key(folder / "keys.json")
    with ExitStack() as stack:
        options = ("--keys", str(folder / "keys.json"), *LIMITS)
        servers = [stack.enter_context(running_server(folder / "models", *options)) for _ in range(2)]
        yield Site([server.address for server in servers], key, folder)


Client = Callable[[str, Path, dict[str, str]], list[int]]
"""Posts a file several times; returns the statuses."""


def standard_library(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    parts = httpx.URL(url)
    statuses = []
    for _ in range(TIMES):
        connection = http.client.HTTPConnection(parts.host, parts.port, timeout=60)
        connection.request("POST", parts.path, body.read_bytes(), headers)
        with connection.getresponse() as response:
            response.read()
            statuses.append(response.status)
        connection.close()
    return statuses


def urllib_request(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    statuses = []
    for _ in range(TIMES):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(url, body.read_bytes(), headers), timeout=60)
        statuses.append(caught.value.code)
        caught.value.close()
    return statuses


def with_requests(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    with requests.Session() as session:
        return [session.post(url, body.read_bytes(), headers=headers, timeout=60).status_code for _ in range(TIMES)]


def with_httpx(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    with httpx.Client(timeout=60) as client:
        return [client.post(url, content=body.read_bytes(), headers=headers).status_code for _ in range(TIMES)]


def curl(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    """Without its wait for the server's consent, and with the same connection while it may be kept."""
    lines = [option for name, value in headers.items() for option in ("-H", f"{name}: {value}")]
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-s", "-H", "Expect:", *lines, "--data-binary", f"@{body}", "-w", "%{stderr}%{http_code}\n"]
    done = subprocess.run([*command, *[url] * TIMES], capture_output=True, text=True, timeout=120, check=True)
    return [int(status) for status in done.stderr.split()]


def curl_that_expects(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    return curl(url, body, {"Expect": "100-continue", **headers})


def java(url: str, body: Path, headers: dict[str, str]) -> list[int]:
    if shutil.which("javac") is None:
        pytest.skip("a JDK is not installed")
    pairs = [part for pair in headers.items() for part in pair]
    command = ["java", str(Path(__file__).parent / "Poster.java"), url, str(body), str(TIMES), *pairs]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return [int(status) for status in done.stdout.split()]


CLIENTS = [standard_library, urllib_request, with_requests, with_httpx, curl, curl_that_expects]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_client_reads_why_it_was_refused(site: Site, client: Client, refusal: Refusal) -> None:
    url = f"http://{site.addresses[0]}{refusal.path}"

    assert client(url, site.body(refusal.size), refusal.headers_for(site)) == [refusal.status] * TIMES


def test_caller_who_asks_too_often_reads_so(site: Site) -> None:
    body = site.folder / "rows.json"
    body.write_bytes(rows(1, 4 * MB))
    options = ("--keys", str(site.folder / "keys.json"), "--requests-per-second", "0.001")
    with running_server(site.folder / "models", *options) as server:
        statuses = standard_library(f"http://{server.address}{PREDICT}", body, {"X-API-Key": site.key})

    assert statuses == [200] + [429] * (TIMES - 1)


@pytest.mark.parametrize("refusal", [REFUSALS["401"], REFUSALS["413"]], ids=["401", "413"])
def test_java_reads_why_it_was_refused(site: Site, refusal: Refusal) -> None:
    url = f"http://{site.addresses[0]}{refusal.path}"

    assert java(url, site.body(refusal.size), refusal.headers_for(site)) == [refusal.status] * TIMES


def test_java_is_answered_though_it_offers_another_protocol(site: Site) -> None:
    url = f"http://{site.addresses[0]}{PREDICT}"

    assert java(url, site.body(1000), {"X-API-Key": site.key}) == [200] * TIMES


def test_curl_is_answered_though_it_offers_another_protocol(site: Site) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-s", "--http2", "-H", f"X-API-Key: {site.key}", "--data-binary", f"@{site.body(1000)}"]
    url = f"http://{site.addresses[0]}{PREDICT}"

    assert b'"value":6.0' in subprocess.run([*command, url], capture_output=True, timeout=60, check=True).stdout


Proxy = Callable[..., AbstractContextManager[str]]


@pytest.mark.parametrize("keeps", [False, True], ids=["by default", "with kept connections"])
@pytest.mark.parametrize("proxy", [nginx, haproxy], ids=["nginx", "haproxy"])
def test_refusal_reaches_the_client_of_a_proxy_and_the_others_are_served(
    site: Site, tmp_path: Path, proxy: Proxy, *, keeps: bool
) -> None:
    small = httpx.Client(headers={"X-API-Key": site.key}, timeout=60)
    with proxy(tmp_path, site.addresses, keeps=keeps) as address, small:
        for refusal in THROUGH_PROXIES.values():
            body, url = site.body(refusal.size), f"http://{address}{refusal.path}"

            assert curl(url, body, refusal.headers_for(site)) == [refusal.status] * TIMES
            assert [small.post(f"http://{address}{PREDICT}", content=site.body(100).read_bytes()).status_code] == [200]
