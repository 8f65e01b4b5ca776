"""What a real browser makes of the service: pages of elsewhere that call it, and the pages that it has itself."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.factories import mixed_signature, publish
from tests.graphs import sum_graph
from tests.keyring import add_key
from tests.real.browser.chromium import Page, open_page
from tests.server import running_server

ROW = {"age": None, "rooms": 3, "floors": 2, "garden": True, "city": "Ulm", "heating": "gas"}
CALL = """
fetch({url}, {{method: "POST", headers: {headers}, body: {body}}})
    .then(async response => [response.status, response.headers.get("x-request-id") !== null, await response.json()])
    .catch(error => [0, false, String(error)])
"""
SHOWN = """
new Promise((done, fail) => {
    const look = setInterval(() => {
        if (document.body.innerText.includes(%s)) { clearInterval(look); done(document.body.innerText); }
    }, 50);
    setTimeout(() => fail(document.body.innerText), 60000);
})
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    signature = mixed_signature()
    publish(root / "models", "house", signature, sum_graph(signature))
    publish(root / "models", "other")
    return root / "models"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another origin, with a page."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "index.html").write_text("<!doctype html><title>Shop</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def call(page: Page, url: str, key: str, body: object) -> tuple[int, bool, object]:
    headers = json.dumps({"Content-Type": "application/json", "X-API-Key": key})
    script = CALL.format(url=json.dumps(url), headers=headers, body=json.dumps(json.dumps(body)))
    status, has_id, said = page.evaluate(script)
    return status, has_id, said


def test_page_of_an_origin_that_may_reads_predictions_and_errors(
    models: Path, tmp_path: Path, page: Page, shop: str
) -> None:
    key = add_key(tmp_path / "keys.json")
    with running_server(models, "--keys", str(tmp_path / "keys.json"), "--cors-origins", shop) as server:
        page.open(shop)
        good = call(page, f"{server.url}/predict/house", key, {"instances": [ROW]})
        wrong_rows = call(page, f"{server.url}/predict/house", key, {"instances": [{**ROW, "rooms": "many"}]})
        wrong_key = call(page, f"{server.url}/predict/house", "wrong", {"instances": [ROW]})

    assert good[:2] == (200, True)
    assert good[2]["predictions"] == [{"value": 6.0}]  # type: ignore[index]
    assert (wrong_rows[0], wrong_rows[2]["problems"][0]["field"]) == (422, "rooms")  # type: ignore[index]
    assert (wrong_key[0], set(wrong_key[2])) == (401, {"error"})  # type: ignore[call-overload]


def test_page_of_another_origin_reads_nothing(models: Path, page: Page, shop: str) -> None:
    with running_server(models) as server:
        page.open(shop)
        status, _, said = call(page, f"{server.url}/predict/house", "", {"instances": [ROW]})

    assert (status, said) == (0, "TypeError: Failed to fetch")


def test_documents_are_shown_for_a_key_and_its_model(models: Path, tmp_path: Path, page: Page) -> None:
    key = add_key(tmp_path / "keys.json", models=["house"])
    with running_server(models, "--keys", str(tmp_path / "keys.json")) as server:
        page.open(f"{server.url}/docs")
        page.evaluate("document.querySelector('button').click()")
        page.evaluate(SHOWN % '"a key is needed"')
        page.evaluate(f"document.forms[0].key.value = {json.dumps(key)}; document.querySelector('button').click()")
        page.evaluate(SHOWN % '"certain models only"')
        page.evaluate("document.forms[0].model.value = 'house'; document.querySelector('button').click()")
        shown = page.evaluate(SHOWN % '"/predict/house"')
        page.evaluate("document.querySelector('[id$=-predict] .opblock-summary-control').click()")
        page.evaluate(SHOWN % '"Execute"')
        page.evaluate("document.querySelector('.execute').click()")
        answered = page.evaluate(SHOWN % '"predictions"')

    assert "/predict/{model_name}" not in shown
    assert '"version": "1"' in answered


def test_address_alone_leads_to_the_documents(models: Path, page: Page) -> None:
    with running_server(models) as server:
        page.open(server.url)
        page.open(page.evaluate("document.querySelector('a[href$=docs]').href"))
        shown = page.evaluate(SHOWN % '"/predict/{model_name}"')

    assert "Predictions for rows" in shown
