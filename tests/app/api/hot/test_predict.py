"""`/predict`: rows in, predictions out, every problem at once."""

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph, sum_graph
from tests.service import service

pytestmark = pytest.mark.anyio

HOUSE: dict[str, Any] = {
    "age": 10.5,
    "rooms": 3,
    "floors": 2,
    "garden": True,
    "city": "Ulm",
    "heating": "gas",
}


def publish_mixed(models: Path) -> None:
    signature = mixed_signature()
    publish(models, "house", signature, sum_graph(signature))


async def test_row_is_answered_in_the_documented_shape(tmp_path: Path) -> None:
    publish_mixed(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/predict/house", json={"instances": [HOUSE]}, headers={"X-Request-ID": "r-1"})

    assert response.json() == {
        "model": "house",
        "version": "1",
        "request_id": "r-1",
        "predictions": [{"value": 16.5}],
    }


async def test_classifier_answers_label_and_probabilities_by_label(tmp_path: Path) -> None:
    signature = matrix_signature(2, ("no", "yes"))
    publish(tmp_path, "sign", signature, sign_graph(signature))
    async with service(tmp_path) as client:
        response = await client.post("/predict/sign", json={"instances": [[0, 0], [30, 30]]})

    assert response.json()["predictions"] == [
        {"label": "no", "probabilities": {"no": 0.5, "yes": 0.5}},
        {"label": "yes", "probabilities": {"no": 0.0, "yes": 1.0}},
    ]


async def test_lists_in_feature_order_are_the_same_as_objects(tmp_path: Path) -> None:
    publish_mixed(tmp_path)
    async with service(tmp_path) as client:
        by_name = await client.post("/predict/house", json={"instances": [HOUSE]})
        by_position = await client.post("/predict/house", json={"instances": [list(HOUSE.values())]})

    assert by_name.json()["predictions"] == by_position.json()["predictions"]


async def test_missing_values_are_null_or_bare_nan(tmp_path: Path) -> None:
    publish_mixed(tmp_path)
    row = '{"age": NaN, "rooms": 3, "floors": null, "garden": false, "city": null, "heating": "oil"}'
    async with service(tmp_path) as client:
        response = await client.post("/predict/house", content=f'{{"instances": [{row}]}}')

    assert response.json()["predictions"] == [{"value": 3.0}]


async def test_every_problem_is_listed_by_row_and_field_without_values(tmp_path: Path) -> None:
    publish_mixed(tmp_path)
    bad = {**HOUSE, "age": "canary-1", "rooms": 2.5, "heating": "canary-2"}
    async with service(tmp_path) as client:
        response = await client.post("/predict/house", json={"instances": [HOUSE, bad, {"colour": "canary-3"}]})

    found = [(problem["row"], problem["field"]) for problem in response.json()["problems"]]
    assert response.status_code == 422
    assert found[:3] == [(1, "age"), (1, "rooms"), (1, "heating")]
    assert (2, "colour") in found
    assert "canary" not in response.text


async def test_problems_beyond_the_first_hundred_are_counted(tmp_path: Path) -> None:
    publish_mixed(tmp_path)
    long_and_wrong = {**HOUSE, "age": "x", "city": "U" * 200}
    async with service(tmp_path) as client:
        response = await client.post("/predict/house", json={"instances": [long_and_wrong] * 250})

    assert len(response.json()["problems"]) == 100
    assert response.json()["problems_not_listed"] == 150


async def test_hundred_thousand_rows_are_accepted_and_one_more_is_too_large(tmp_path: Path) -> None:
    publish(tmp_path, "sum", matrix_signature(1), sum_graph(matrix_signature(1)))
    async with service(tmp_path) as client:
        accepted = await client.post("/predict/sum", content=b'{"instances": [%b]}' % b",".join([b"[1]"] * 100_000))
        refused = await client.post("/predict/sum", content=b'{"instances": [%b]}' % b",".join([b"[1]"] * 100_001))

    assert len(accepted.json()["predictions"]) == 100_000
    assert (refused.status_code, refused.json()) == (413, {"error": "more than 100000 instances"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"rows": []}',
        b'{"instances": []}',
        b'{"instances": 3}',
        b"[" * 100_000,
        b"\xff\xfe{}",
    ],
    ids=["empty", "null", "list", "cut off", "no instances", "no rows", "a number", "deep", "not UTF-8"],
)
async def test_body_that_is_not_a_row_request_is_a_short_400(tmp_path: Path, body: bytes) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/predict/sum", content=body)

    assert response.status_code == 400
    assert list(response.json()) == ["error"]
    assert len(response.content) <= 1024


async def test_unknown_model_is_not_found(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/predict/nobody", json={"instances": [[1, 2, 3]]})

    assert (response.status_code, response.json()) == (
        404,
        {"error": "no such model; GET /v2/models lists what is served"},
    )


@pytest.mark.parametrize("rows", [1, 40_000], ids=["short", "long"])
async def test_mark_that_windows_puts_before_utf8_is_passed_over(tmp_path: Path, rows: int) -> None:
    publish(tmp_path)
    body = codecs.BOM_UTF8 + json.dumps({"instances": [[1, 2, 3]] * rows}).encode()
    tensor = {"name": "X", "datatype": "FP64", "shape": [rows, 3], "data": [1, 2, 3] * rows}
    async with service(tmp_path) as client:
        predicted = await client.post("/predict/sum", content=body)
        inferred = await client.post(
            "/v2/models/sum/infer", content=codecs.BOM_UTF8 + json.dumps({"inputs": [tensor]}).encode()
        )
        v1 = await client.post("/v1/models/sum:predict", content=body)
        twice = await client.post("/predict/sum", content=codecs.BOM_UTF8 + body)

    assert [response.status_code for response in (predicted, inferred, v1)] == [200, 200, 200]
    assert predicted.json()["predictions"][-1] == {"value": 6.0}
    assert twice.status_code in {400, 422}
