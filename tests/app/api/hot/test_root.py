"""What somebody finds who opens the service's address without knowing a path."""

from pathlib import Path

import pytest

from tests.factories import publish
from tests.keyring import add_key
from tests.service import service

pytestmark = pytest.mark.anyio

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_root_says_what_is_here_and_every_path_answers(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, base_path="/team") as client:
        said = (await client.get("/")).json()
        below = (await client.get("/team")).json()
        paths = [path for name, path in said["paths"].items() if name != "predict"]
        statuses = [(await client.get(path)).status_code for path in paths]

    assert said == below
    assert (said["name"], said["paths"]["predict"]) == ("slipway", "/team/predict/{model}")
    assert set(statuses) == {200}


async def test_browser_gets_a_page_that_tells_of_no_model_and_asks_for_no_key(tmp_path: Path) -> None:
    publish(tmp_path / "models", "secret_project")
    add_key(tmp_path / "keys.json")
    async with service(tmp_path / "models", keys=tmp_path / "keys.json") as client:
        page = await client.get("/", headers=BROWSER)
        head = await client.head("/", headers=BROWSER)

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert head.status_code == 200
    assert "need a key" in page.text
    assert 'href="/docs"' in page.text
    assert "secret_project" not in page.text


async def test_page_names_no_documents_that_are_not_shown(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, docs="off") as client:
        page = (await client.get("/", headers=BROWSER)).text
        said = (await client.get("/")).json()

    assert "docs" not in page
    assert "openapi" not in page
    assert set(said["paths"]) == {"models", "ready", "live", "metrics", "predict"}
