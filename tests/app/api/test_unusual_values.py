"""Values unlike those of training: every endpoint says the same of the same table, and nothing where all is usual."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from slipway_ml.contract.input_policy import InputPolicy
from slipway_ml.contract.manifest import ModelManifest
from slipway_ml.protocol.binary_values import write_tensor
from slipway_ml.serving.manifest_rows import to_tensors
from tests.app.api.tensors import HEADER, binary, framed, tensor
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sum_graph
from tests.profiles import house_profile, number_profile
from tests.service import service, until

pytestmark = pytest.mark.anyio

HOUSE: dict[str, Any] = {"age": 30.5, "rooms": 3, "floors": 2, "garden": True, "city": "Ulm", "heating": "gas"}
VALUE = {"name": "value"}
CHOICES: dict[str, list[Any]] = {
    "age": [30.5, None, 131.0, -51.0, 70_000.0],
    "rooms": [3, 70_000],
    "floors": [2, None, -9],
    "city": ["Ulm", "Bonn", None, "ulm", " Bonn", "Rom"],
}


def with_policy(**policy: Any) -> Callable[[ModelManifest], ModelManifest]:
    return lambda manifest: manifest.model_copy(update={"inputs": InputPolicy(**policy)})


def publish_houses(models: Path, **policy: Any) -> None:
    signature = mixed_signature()
    publish(models, "house", signature, sum_graph(signature), with_policy(**policy), house_profile())


def tables(count: int) -> list[list[dict[str, Any]]]:
    """Rows in which some values are unusual, the same every time."""
    rng = np.random.default_rng(15)
    return [
        [
            {**HOUSE, **{name: values[int(rng.integers(len(values)))] for name, values in CHOICES.items()}}
            for _ in range(int(rng.integers(1, 6)))
        ]
        for _ in range(count)
    ]


def requests_of(rows: list[dict[str, Any]]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The same table by every way to the model: path and arguments of `post`."""
    columns = {name: [row[name] for row in rows] for name in HOUSE}
    tensors = to_tensors(mixed_signature(), rows)
    declared = mixed_signature().inputs
    shape = [len(rows), 1]
    as_bytes = {one.name: bytes(memoryview(write_tensor(one.datatype, tensors[one.name]))) for one in declared}
    listed = [
        tensor(list(map(_plain, tensors[one.name].ravel().tolist())), shape, name=one.name, datatype=one.datatype)
        for one in declared
    ]
    sized = [binary(len(as_bytes[one.name]), shape, name=one.name, datatype=one.datatype) for one in declared]
    infer = "/v2/models/house/infer"
    return {
        "objects": ("/predict/house", {"json": {"instances": rows}}),
        "lists": ("/predict/house", {"json": {"instances": [list(row.values()) for row in rows]}}),
        "v1 rows": ("/v1/models/house:predict", {"json": {"instances": rows}}),
        "v1 columns": ("/v1/models/house:predict", {"json": {"inputs": columns}}),
        "tensors": (infer, {"content": orjson.dumps({"inputs": listed})}),
        "tensors, outputs chosen": (infer, {"content": orjson.dumps({"inputs": listed, "outputs": [VALUE]})}),
        "bytes": (infer, framed(sized, b"".join(as_bytes.values()))),
        "bytes both ways": (infer, framed(sized, b"".join(as_bytes.values()), parameters={"binary_data_output": True})),
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def told(response: Any) -> tuple[int, Any]:
    """The status, and what the response says of unusual values."""
    length = response.headers.get(HEADER)
    document = orjson.loads(response.content if length is None else response.content[: int(length)])
    document = document.get("parameters", document) if "model_name" in document else document
    return response.status_code, (document.get("warnings"), document.get("warnings_not_listed"))


async def test_all_endpoints_warn_of_the_same_values_of_a_table(tmp_path: Path) -> None:
    publish_houses(tmp_path)
    async with service(tmp_path) as client:
        for rows in tables(25):
            asked = {name: await client.post(path, **how) for name, (path, how) in requests_of(rows).items()}
            found = {name: told(response) for name, response in asked.items()}

            assert {name: one for name, one in found.items() if one != found["objects"]} == {}, rows
            assert found["objects"][0] == 200


async def test_all_endpoints_refuse_the_same_tables(tmp_path: Path) -> None:
    publish_houses(tmp_path, unusual="refuse")
    async with service(tmp_path) as client:
        for rows in tables(25):
            asked = {name: await client.post(path, **how) for name, (path, how) in requests_of(rows).items()}
            problems = asked["objects"].json().get("problems", [])

            statuses = {name: response.status_code for name, response in asked.items()}
            refused = {name: 400 if "tensors" in name or "bytes" in name else 422 for name in statuses}
            assert statuses == (refused if problems else dict.fromkeys(statuses, 200)), rows
            for name, response in asked.items():
                told = response.json()
                if problems and statuses[name] == 422:  # as many as there is room for
                    assert told["problems"] == problems[: len(told["problems"])]
                elif problems:
                    first = problems[0]
                    place = f"input {first['field']!r}, row {first['row']}: {first['problem']}"
                    assert told == {"error": place}


async def test_response_to_usual_rows_is_what_it_is_without_a_profile(tmp_path: Path) -> None:
    publish_houses(tmp_path / "checked")
    publish(tmp_path / "unchecked", "house", mixed_signature(), sum_graph(mixed_signature()))
    identity = {"X-Request-ID": "r-1"}
    responses = []
    for models in ("checked", "unchecked"):
        async with service(tmp_path / models) as client:
            responses.append(
                [
                    (await client.post(path, **{**how, "headers": {**how.get("headers", {}), **identity}})).content
                    for path, how in requests_of([HOUSE, HOUSE]).values()
                ]
            )

    assert responses[0] == responses[1]


async def test_first_hundred_warnings_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    publish_houses(tmp_path)
    rows = [{**HOUSE, "city": "ulm"} for _ in range(5000)]  # so many are decoded and encoded in turns
    async with service(tmp_path) as client:
        response = await client.post("/predict/house", json={"instances": rows})
        metrics = (await client.get("/metrics")).text

    document = response.json()
    assert len(document["predictions"]) == 5000
    assert [one["row"] for one in document["warnings"]] == list(range(100))
    assert document["warnings"][0] == {
        "row": 0,
        "feature": "city",
        "problem": "is no category that was seen in training; did you mean 'Ulm'?",
    }
    assert document["warnings_not_listed"] == 4900
    assert 'slipway_unusual_values_total{model="house",problem="unknown_category"} 5000.0' in metrics
    assert 'slipway_unusual_values_total{model="house",problem="far_number"} 0.0' in metrics


async def test_callers_own_parameters_come_back_beside_the_warnings(tmp_path: Path) -> None:
    signature = matrix_signature(1)
    publish(tmp_path, "one", signature, sum_graph(signature), profile=number_profile(1))
    body = {"inputs": [tensor([0.5, 99.0], [2, 1])], "parameters": {"trace": "t-1"}}
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/one/infer", json=body)

    assert response.json()["parameters"] == {
        "trace": "t-1",
        "warnings": [
            {"row": 1, "feature": "f0", "problem": "is far outside of what was seen in training"},
        ],
        "warnings_not_listed": 0,
    }


async def test_refusal_is_not_much_longer_than_its_request(tmp_path: Path) -> None:
    signature = matrix_signature(60)
    publish(tmp_path, "wide", signature, sum_graph(signature), with_policy(unusual="refuse"), number_profile(60))
    body = orjson.dumps({"instances": [[99] * 60]})
    async with service(tmp_path) as client:
        response = await client.post("/predict/wide", content=body)

    told = response.json()
    assert response.status_code == 422
    assert len(told["problems"]) + told["problems_not_listed"] == 60
    assert len(response.content) <= len(body) + 1024


async def test_fields_and_inputs_that_are_no_features_are_ignored_where_the_version_says_so(tmp_path: Path) -> None:
    publish_houses(tmp_path, extra="ignore")
    row = {**HOUSE, "id": "k-1", "nested": {"a": [1, {}]}}
    columns = {name: [value] for name, value in row.items()}
    path, how = requests_of([HOUSE])["tensors"]
    inputs = [*orjson.loads(how["content"])["inputs"], tensor([1, 2], [2], name="id", datatype="INT64")]
    async with service(tmp_path) as client:
        expected = (await client.post("/predict/house", json={"instances": [HOUSE]})).json()["predictions"]
        rows = await client.post("/predict/house", json={"instances": [row, row]})
        many = await client.post("/predict/house", json={"instances": [row] * 2000})
        as_columns = await client.post("/v1/models/house:predict", json={"inputs": columns})
        tensors = await client.post(path, json={"inputs": inputs})
        wrong = await client.post("/predict/house", json={"instances": [{**row, "age": "old"}]})
        document = (await client.get("/openapi.json?model=house")).json()

    assert rows.json()["predictions"] == expected * 2
    assert many.json()["predictions"] == expected * 2000
    assert as_columns.json() == {"outputs": [[expected[0]["value"]]]}
    assert tensors.json()["outputs"][0]["data"] == [expected[0]["value"]]
    assert [one["field"] for one in wrong.json()["problems"]] == ["age"]
    assert document["components"]["schemas"]["Row"].get("additionalProperties", True) is True


async def test_openapi_tells_of_the_warnings(tmp_path: Path) -> None:
    publish_houses(tmp_path)
    async with service(tmp_path) as client:
        document = (await client.get("/openapi.json?model=house")).json()

    schemas = document["components"]["schemas"]
    parameters = schemas["InferenceResponse"]["properties"]["parameters"]
    for described in (schemas["PredictResponse"], schemas["V1Response"], parameters):
        assert {"warnings", "warnings_not_listed"} <= described["properties"].keys()


async def test_version_whose_profile_is_damaged_is_not_served(tmp_path: Path) -> None:
    publish_houses(tmp_path)
    (tmp_path / "house" / "1" / "profile.json").write_text("{}")
    async with service(tmp_path, wait=False) as client:
        await until(client, "/metrics", 'slipway_model_load_failures_total{model="house"} 1.0')
        response = await client.post("/predict/house", json={"instances": [HOUSE]})

    assert response.status_code in {404, 503}
