"""What a server says of its address, and which signals let it drain."""

import signal
from pathlib import Path

import httpx
import pytest

from slipway_ml.front.process.server import address
from tests.claims import for_each
from tests.factories import publish
from tests.server import running_server


@for_each(
    "host, shown", {"IPv4": ("127.0.0.1", "127.0.0.1:80"), "IPv6": ("::1", "[::1]:80"), "name": ("a.b", "a.b:80")}
)
def test_address_is_written_as_in_urls(host: str, shown: str) -> None:
    assert address(host, 80) == shown


def test_line_of_a_server_on_ipv6_is_a_url_that_works(tmp_path: Path) -> None:
    publish(tmp_path)
    with running_server(tmp_path, "--host", "::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(f"{server.url}/health/ready").status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_server_whose_terminal_is_closed_drains(tmp_path: Path, workers: str) -> None:
    publish(tmp_path)
    with running_server(tmp_path, "--workers", workers) as server:
        server.process.send_signal(signal.SIGHUP)
        code = server.process.wait(timeout=60)

    assert code == 0
    assert "stopped" in server.log()
