"""The OpenAPI document and the pages made from it."""

import re
from pathlib import Path

import pytest

from slipway_ml.front.routes import PREDICT, PREDICT_VERSION, ROUTES
from tests.factories import matrix_signature, mixed_signature, publish, sign_graph, sum_graph
from tests.keyring import add_key, bearer
from tests.service import service, until

pytestmark = pytest.mark.anyio


async def test_each_served_model_has_a_typed_path(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json")).json()

    row = document["components"]["schemas"]["house_row"]
    assert "/predict/house" in document["paths"]
    assert "/predict/{model_name}" not in document["paths"]
    assert row["properties"]["heating"]["enum"] == ["gas", "oil"]
    assert row["additionalProperties"] is False


async def test_classifier_without_probabilities_serves_labels_and_says_so(tmp_path: Path) -> None:
    signature = matrix_signature(2, (0, 1)).model_copy(update={"has_probabilities": False})
    publish(tmp_path, "hinge", signature, sign_graph(signature))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json")).json()
        response = await client.post("/predict/hinge", json={"instances": [[1.0, 2.0], [-1.0, -2.0]]})
        tensors = await client.get("/v2/models/hinge")

    responses = document["paths"]["/predict/hinge"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert responses["properties"]["predictions"]["items"]["properties"] == {"label": {"enum": [0, 1]}}
    assert response.json()["predictions"] == [{"label": 1}, {"label": 0}]
    assert [output["name"] for output in tensors.json()["outputs"]] == ["label"]


async def test_example_works_when_it_is_sent(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json")).json()
        body = document["paths"]["/predict/house"]["post"]["requestBody"]["content"]["application/json"]["example"]
        response = await client.post("/predict/house", json=body)

    assert response.status_code == 200


async def test_every_path_names_its_parameters(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]

    named = {
        path: [p["name"] for operation in paths[path].values() for p in operation["parameters"] if p["in"] == "path"]
        for path in paths
        if "{" in path
    }
    assert len(named) > 10
    assert named == {path: re.findall(r"\{(\w+)\}", path) for path in named}


async def test_inference_names_its_path_parameters(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json")).json()

    operation = document["paths"]["/v2/models/{model_name}/versions/{model_version}/infer"]["post"]
    assert [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"] == [
        "model_name",
        "model_version",
    ]


async def test_document_follows_what_is_served(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    async with service(tmp_path) as client:
        publish(tmp_path, "second", matrix_signature(2, (0, 1)), sign_graph(matrix_signature(2, (0, 1))))
        await until(client, "/v2/models", '"name":"second","default_version":"1"')
        document = (await client.get("/openapi.json")).json()

    assert {"/predict/first", "/predict/second"} <= set(document["paths"])


async def test_docs_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        page = await client.get("/docs")
        script = await client.get("/static-offline-docs/swagger-ui-bundle.js")

    assert "https://" not in page.text
    assert script.status_code == 200


async def test_document_says_how_a_key_is_sent_where_keys_are_asked_for(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    key = add_key(tmp_path / "keys.json")
    async with service(tmp_path / "models", keys=tmp_path / "keys.json") as client:
        guarded = (await client.get("/openapi.json", headers=bearer(key))).json()
    async with service(tmp_path / "models") as client:
        unguarded = (await client.get("/openapi.json")).json()

    assert guarded["security"] == [{"bearer": []}, {"key": []}]
    assert guarded["components"]["securitySchemes"]["key"] == {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    assert "security" not in unguarded


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/static-offline-docs/swagger-ui.css"])
async def test_docs_are_off_when_others_can_connect(tmp_path: Path, path: str) -> None:
    publish(tmp_path)
    async with service(tmp_path, host="0.0.0.0", insecure=True) as client:  # noqa: S104  # the address under test
        response = await client.get(path)

    assert (response.status_code, set(response.json())) == (404, {"error"})


async def test_document_has_every_route_of_the_table_but_pages_and_templates_of_models(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]

    typed = {PREDICT.template, PREDICT_VERSION.template}
    pages = {"/docs", "/openapi.json", "/static-offline-docs/{asset}"}
    assert {route.template for route in ROUTES} - typed - pages == set(paths) - {"/predict/sum"}


async def test_statuses_that_a_route_answers_are_documented(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json")).json()
        templates = [path for path, methods in document["paths"].items() if "get" in methods and "{model_name}" in path]
        paths = {path: re.sub(r"\{\w+\}", "nobody", path) for path in templates}
        found = {path: (await client.get(unknown)).status_code for path, unknown in paths.items()}

    undocumented = [p for p, status in found.items() if str(status) not in document["paths"][p]["get"]["responses"]]
    assert len(templates) > 5
    assert undocumented == []
