"""Text is as long as the signature allows, at every endpoint; counted in characters, whatever bytes they take."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway_ml.contract.signature import DEFAULT_MAX_CHARACTERS, Feature, Kind, Signature, Task
from tests.app.api.tensors import framed
from tests.factories import publish
from tests.graphs import sum_graph
from tests.service import service

LIMIT = 5
Request = tuple[str, dict[str, Any]]
ROW_PROBLEM = f"must have at most {LIMIT} characters"
TENSOR_PROBLEM = f"input 'city': text of more than {LIMIT} characters is not accepted"


def signature(limit: int | None = LIMIT, *, nullable: bool = False) -> Signature:
    city = Feature(name="city", kind=Kind.CATEGORY, max_characters=limit, nullable=nullable, example="Ulm")
    return Signature(
        task=Task.REGRESSION, layout="columns", features=(Feature(name="n", kind=Kind.NUMBER, example=1.5), city)
    )


def as_object(city: str) -> Request:
    return "/predict/m", {"json": {"instances": [{"n": 1, "city": "Ulm"}, {"n": 1, "city": city}]}}


def as_list(city: str) -> Request:
    return "/predict/m/versions/1", {"json": {"instances": [[1, "Ulm"], [1, city]]}}


def as_nan_row(city: str) -> Request:
    content = f'{{"instances": [[NaN, "{city}"]]}}'.encode()
    return "/predict/m", {"content": content}


def as_columns(city: str) -> Request:
    return "/v1/models/m:predict", {"json": {"inputs": {"n": [1], "city": [city]}}}


def as_v1_rows(city: str) -> Request:
    return "/v1/models/m:predict", {"json": {"instances": [{"n": 1, "city": city}]}}


def as_tensors(city: str) -> Request:
    number = {"name": "n", "datatype": "FP64", "shape": [2, 1], "data": [1, 2]}
    text = {"name": "city", "datatype": "BYTES", "shape": [2, 1], "data": ["Ulm", city]}
    return "/v2/models/m/infer", {"json": {"inputs": [number, text]}}


def as_bytes(city: str) -> Request:
    number = {"name": "n", "datatype": "FP64", "shape": [1, 1], "data": [1]}
    content = struct.pack("<I", len(city.encode())) + city.encode()
    text = {"name": "city", "datatype": "BYTES", "shape": [1, 1], "parameters": {"binary_data_size": len(content)}}
    return "/v2/models/m/infer", framed([number, text], content)


ENDPOINTS = [as_object, as_list, as_columns, as_v1_rows, as_tensors, as_bytes]


@pytest.mark.anyio
@pytest.mark.parametrize("nullable", [False, True])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_text_at_the_limit_is_accepted_and_longer_is_refused(
    tmp_path: Path, endpoint: Callable[[str], Request], nullable: bool
) -> None:
    publish(tmp_path, "m", signature(nullable=nullable), sum_graph(signature(nullable=nullable)))
    async with service(tmp_path) as client:
        responses = [
            await client.post(path, **sent) for path, sent in map(endpoint, ("🙂" * LIMIT, "🙂" * (LIMIT + 1)))
        ]

    at_limit, over = responses
    is_rows = endpoint not in {as_tensors, as_bytes}
    assert (at_limit.status_code, over.status_code) == (200, 422 if is_rows else 400)
    if is_rows:
        assert [(p["field"], p["problem"]) for p in over.json()["problems"]] == [("city", ROW_PROBLEM)]
    else:
        assert over.json()["error"] == TENSOR_PROBLEM


@pytest.mark.anyio
async def test_row_that_is_read_a_second_time_is_held_to_the_limit_too(tmp_path: Path) -> None:
    publish(tmp_path, "m", signature(), sum_graph(signature()))
    path, sent = as_nan_row("a" * (LIMIT + 1))
    async with service(tmp_path) as client:
        response = await client.post(path, **sent)

    assert ("city", ROW_PROBLEM) in [(p["field"], p["problem"]) for p in response.json()["problems"]]


@pytest.mark.anyio
@pytest.mark.parametrize(("limit", "shown"), [(LIMIT, LIMIT), (None, DEFAULT_MAX_CHARACTERS)], ids=["own", "default"])
async def test_limit_is_told_in_openapi_and_metadata(tmp_path: Path, limit: int | None, shown: int) -> None:
    publish(tmp_path, "m", signature(limit), sum_graph(signature(limit)))
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json?model=m")).json()
        number, city = (await client.get("/v2/models/m")).json()["inputs"]

    assert document["components"]["schemas"]["Row"]["properties"]["city"]["maxLength"] == shown
    assert (city["parameters"], "parameters" in number) == ({"max_characters": shown}, False)


@pytest.mark.anyio
async def test_text_of_a_manifest_without_a_limit_has_the_default_one(tmp_path: Path) -> None:
    publish(tmp_path, "m", signature(None), sum_graph(signature(None)))
    async with service(tmp_path) as client:
        statuses = [
            (await client.post(path, **sent)).status_code
            for path, sent in map(as_object, ("a" * DEFAULT_MAX_CHARACTERS, "a" * (DEFAULT_MAX_CHARACTERS + 1)))
        ]

    assert statuses == [200, 422]
