"""A service without keys on loopback answers programs of its machine, and no web page of elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from slipway_ml.errors import Forbidden
from slipway_ml.front.access.loopback import LoopbackOnly, is_loopback_name
from slipway_ml.front.exchange import Headers
from slipway_ml.front.routes import LIVE, PREDICT, Match
from tests.factories import publish
from tests.service import service

OWN = ["localhost", "localhost:8000", "LocalHost:80", "localhost.", "app.localhost:3000", "127.0.0.1:8000", "127.9.9.9"]
OWN += ["[::1]", "[::1]:8000"]
OTHERS = ["evil.example", "evil.example:8000", "localhost.evil.example", "notlocalhost", "10.0.0.1", "192.168.1.5:8000"]
OTHERS += ["", "localhost:", "localhost:80:80", "[::1", "[fe80::1]", "127.0.0.1.evil.example", "2130706433", "8.8.8.8"]


@pytest.mark.parametrize("host", OWN)
def test_names_of_this_machine_are_known(host: str) -> None:
    assert is_loopback_name(host.encode())


@pytest.mark.parametrize("host", OTHERS)
def test_other_names_are_not(host: str) -> None:
    assert not is_loopback_name(host.encode())


def is_refused(headers: Headers, match: Match | None = None) -> bool:
    try:
        LoopbackOnly()(match or Match(PREDICT, {}), headers)
    except Forbidden:
        return True
    return False


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://evil.example:8000", "file://", "localhost"])
def test_page_of_elsewhere_is_refused_though_it_names_this_host(origin: str) -> None:
    assert is_refused([(b"host", b"localhost:8000"), (b"origin", origin.encode())])


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8000"])
def test_page_of_this_machine_is_answered(origin: str) -> None:
    assert not is_refused([(b"host", b"localhost:8000"), (b"origin", origin.encode())])


def test_health_is_told_to_anybody() -> None:
    assert not is_refused([(b"host", b"evil.example")], Match(LIVE, {}))


def test_many_good_values_fill_no_memory() -> None:
    keeper = LoopbackOnly()

    for port in range(1, 10_000):
        keeper(Match(PREDICT, {}), [(b"host", b"localhost:%d" % port)])

    assert len(vars(keeper)["_good"]) <= 64


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("settings", "status"), [({}, 403), ({"insecure": True}, 200), ({"host": "10.1.2.3", "insecure": True}, 200)]
)
@pytest.mark.parametrize("path", ["/predict/sum", "/v2/models/sum/infer"])
async def test_a_name_that_was_led_here_is_refused_unless_something_in_front_decides(
    tmp_path: Path, settings: dict[str, Any], status: int, path: str
) -> None:
    publish(tmp_path)
    tensor = {"name": "X", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}
    body = {"instances": [[1, 2, 3]]} if path.startswith("/predict") else {"inputs": [tensor]}
    async with service(tmp_path, **settings) as client:
        response = await client.post(path, json=body, headers={"Host": "rebound.example:8000"})

    assert response.status_code == status
    assert ("names another host" in response.text) == (status == 403)
