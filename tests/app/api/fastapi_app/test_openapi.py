"""The OpenAPI document and the pages made from it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from slipway_ml.front.routes import DOCS, ROOT, ROUTES
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph, sum_graph
from tests.keyring import add_key, bearer
from tests.service import service, until

pytestmark = pytest.mark.anyio


async def test_document_of_a_model_has_its_own_rows(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json?model=house")).json()

    row = document["components"]["schemas"]["Row"]
    assert {"/predict/house", "/predict/house/versions/{model_version}", "/v2/models/house/infer"} <= set(
        document["paths"]
    )
    assert row["properties"]["heating"]["enum"] == ["gas", "oil"]
    assert row["properties"]["floors"]["type"] == ["integer", "null"]
    assert row["additionalProperties"] is False


async def test_classifier_without_probabilities_serves_labels_and_says_so(tmp_path: Path) -> None:
    signature = matrix_signature(2, (0, 1)).model_copy(update={"has_probabilities": False})
    publish(tmp_path, "hinge", signature, sign_graph(signature))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json?model=hinge")).json()
        response = await client.post("/predict/hinge", json={"instances": [[1.0, 2.0], [-1.0, -2.0]]})
        tensors = await client.get("/v2/models/hinge")

    prediction = document["components"]["schemas"]["Prediction"]
    assert (prediction["required"], prediction["properties"]["label"]["examples"]) == (["label"], [0, 1])
    assert response.json()["predictions"] == [{"label": 1}, {"label": 0}]
    assert [output["name"] for output in tensors.json()["outputs"]] == ["label"]


async def test_example_works_when_it_is_sent(tmp_path: Path) -> None:
    signature = mixed_signature()
    publish(tmp_path, "house", signature, sum_graph(signature))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json?model=house")).json()
        body = document["paths"]["/predict/house"]["post"]["requestBody"]["content"]["application/json"]["example"]
        response = await client.post("/predict/house", json=body)

    assert response.status_code == 200


async def test_schemas_and_operations_are_called_the_same_whatever_else_is_served(tmp_path: Path) -> None:
    signature = matrix_signature(2, ("no", "yes"))
    publish(tmp_path, "first")
    publish(tmp_path, "second", signature, sign_graph(signature))
    async with service(tmp_path) as client:
        documents = [(await client.get(f"/openapi.json?model={name}")).json() for name in ("first", "second")]

    first, second = [(set(document["components"]["schemas"]), _operations(document)) for document in documents]
    assert first == second
    assert {"Row", "PredictRequest", "PredictResponse", "Prediction", "InvalidRows"} <= first[0]
    assert {"predict", "predict_version", "infer", "model_metadata", "live"} <= first[1]


async def test_service_document_does_not_grow_with_models(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    async with service(tmp_path) as client:
        before = await client.get("/openapi.json")
        publish(tmp_path, "second", matrix_signature(2, (0, 1)), sign_graph(matrix_signature(2, (0, 1))))
        await until(client, "/v2/models", '"name":"second","default_version":"1"')
        after = await client.get("/openapi.json")

    assert before.content == after.content


async def test_operations_have_names_that_people_read(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json")).json()

    found = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(found)) == len(found)
    assert [name for name in found if not re.fullmatch(r"(v[12]_)?[a-z]+(_[a-z]+)?", name)] == []


async def test_responses_say_which_fields_are_always_there(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json?model=sum")).json()
        good = (await client.post("/predict/sum", json={"instances": [[1, 2, 3]]})).json()
        refused = (await client.post("/predict/sum", json={"instances": [["a", 2, 3]]})).json()

    schemas = document["components"]["schemas"]
    assert schemas["PredictResponse"]["required"] == list(good)
    assert schemas["Prediction"]["required"] == list(good["predictions"][0])
    assert schemas["InvalidRows"]["required"] == list(refused)
    assert schemas["RowProblem"]["required"] == list(refused["problems"][0])
    answers = document["paths"]["/predict/sum"]["post"]["responses"]
    assert answers["422"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/InvalidRows"}


async def test_every_reference_leads_somewhere(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        for query in ("", "?model=sum", "?model=sum&version=1"):
            text = (await client.get(f"/openapi.json{query}")).text
            wanted = set(re.findall(r"#/components/schemas/(\w+)", text))
            assert wanted <= set(json.loads(text)["components"]["schemas"])


@pytest.mark.parametrize("query", ["model=nobody", "model=sum&version=9"])
async def test_document_of_what_is_not_served_is_not_found(tmp_path: Path, query: str) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.get(f"/openapi.json?{query}")

    assert (response.status_code, set(response.json())) == (404, {"error"})


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


async def test_docs_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        page = await client.get("/docs")
        script = await client.get("/static-offline-docs/swagger-ui-bundle.js")

    assert "http" not in page.text
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


async def test_document_has_every_route_of_the_table_but_pages(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]

    assert {route.template for route in ROUTES} - {route.template for route in (*DOCS, ROOT)} == set(paths)


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


@pytest.mark.parametrize("has_keys", [True, False])
async def test_docs_page_asks_for_a_key_where_callers_need_one(tmp_path: Path, has_keys: bool) -> None:
    publish(tmp_path / "models", "secret_project")
    add_key(tmp_path / "keys.json")
    async with service(tmp_path / "models", keys=tmp_path / "keys.json" if has_keys else None) as client:
        page = await client.get("/docs")
        document = await client.get("/openapi.json?model=secret_project")

    assert ("<label >API key" in page.text, "<label hidden>API key" in page.text) == (has_keys, not has_keys)
    assert "secret_project" not in page.text
    assert document.status_code == (401 if has_keys else 200)


def _operations(document: dict[str, Any]) -> set[str]:
    return {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
