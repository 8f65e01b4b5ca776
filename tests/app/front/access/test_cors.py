"""Web pages of elsewhere: which of them may call, and what their browser is told, also about errors."""

from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from slipway_ml.front.access.cors import Cors
from slipway_ml.settings import Settings
from tests.claims import for_each
from tests.factories import publish
from tests.keyring import add_key, bearer
from tests.server import running_server
from tests.service import service

SHOP = "https://shop.example"
ELSEWHERE = "https://else.example"
ROWS = {"instances": [[1, 2, 3]]}
ASKS = {"Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}


def allowed(response: httpx.Response) -> str | None:
    found: str | None = response.headers.get("access-control-allow-origin")
    return found


@for_each(
    "origins, origin, shown",
    {
        "one of the origins": ("https://a.example, " + SHOP, SHOP, SHOP),
        "another origin": (SHOP, ELSEWHERE, None),
        "another port": (SHOP, f"{SHOP}:8443", None),
        "another scheme": (SHOP, "http://shop.example", None),
        "a longer name": (SHOP, f"{SHOP}.org", None),
        "all origins": ("*", ELSEWHERE, "*"),
        "written in capitals": ("HTTPS://Shop.Example", SHOP, SHOP),
    },
)
def test_page_reads_responses_of_the_origins_that_are_named(origins: str, origin: str, shown: str | None) -> None:
    lines = dict(Cors(Settings(cors_origins=origins).origins).lines({b"origin": origin.encode()}))

    assert lines.get(b"access-control-allow-origin") == (shown.encode() if shown else None)


@for_each(
    "given",
    {each: each for each in ("shop.example", "https://shop.example/", "https://a b", "null", "ftp://a.example")},
)
def test_what_no_browser_sends_as_an_origin_is_no_setting(given: str) -> None:
    with pytest.raises(ValidationError, match=r"must be \* or origins such as"):
        Settings(cors_origins=given)


def test_every_response_of_a_server_names_the_origin_whatever_its_status(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    key = add_key(tmp_path / "keys.json")
    options = ("--keys", str(tmp_path / "keys.json"), "--cors-origins", SHOP)
    good, bad = {**bearer(key), "Origin": SHOP}, {"X-API-Key": "wrong", "Origin": SHOP}
    with running_server(tmp_path / "models", *options) as server, httpx.Client(base_url=server.url) as client:
        responses = [
            client.post("/predict/sum", json=ROWS, headers=good),
            client.post("/predict/sum", json=ROWS, headers=good),
            client.get("/v2/models/sum", headers=good),
            client.post("/predict/sum", json=ROWS, headers=bad),
            client.post("/predict/sum", json={"instances": [[1]]}, headers=good),
            client.get("/nowhere", headers=good),
            client.get("/health/ready", headers={"Origin": SHOP}),
            client.post("/predict/sum", json=ROWS, headers={**good, "Origin": ELSEWHERE}),
            client.post("/predict/sum", json=ROWS, headers=bearer(key)),
            client.options("/predict/sum", headers=ASKS),
        ]

    assert [response.status_code for response in responses] == [200, 200, 200, 401, 422, 404, 200, 200, 200, 204]
    assert [allowed(response) for response in responses] == [SHOP] * 7 + [None] * 2 + [SHOP]
    assert {response.headers["vary"].lower() for response in responses} == {"origin"}


@pytest.mark.anyio
async def test_browser_is_told_without_a_key_what_a_page_may_send(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    add_key(tmp_path / "keys.json")
    async with service(tmp_path / "models", keys=tmp_path / "keys.json", cors_origins=SHOP) as client:
        answer = await client.options("/predict/sum", headers=ASKS)
        other = await client.options("/predict/sum", headers={**ASKS, "Origin": ELSEWHERE})
        no_question = await client.options("/predict/sum", headers={"Origin": SHOP})

    assert (answer.status_code, answer.content, allowed(answer)) == (204, b"", SHOP)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert {"authorization", "content-type", "x-api-key"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    assert (other.status_code, allowed(other)) == (403, None)
    assert no_question.status_code == 401


@pytest.mark.anyio
async def test_without_keys_the_pages_that_are_named_may_call_and_no_others(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, cors_origins=SHOP) as client:
        named = await client.post("/predict/sum", json=ROWS, headers={"Origin": SHOP})
        other = await client.post("/predict/sum", json=ROWS, headers={"Origin": ELSEWHERE})
    async with service(tmp_path) as client:
        off = await client.options("/predict/sum", headers=ASKS)

    assert (named.status_code, allowed(named)) == (200, SHOP)
    assert (other.status_code, allowed(other)) == (403, None)
    assert (off.status_code, allowed(off)) == (403, None)
