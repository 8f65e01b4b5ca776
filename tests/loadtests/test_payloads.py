"""Payloads are different from each other, stay within what the model publishes, and a real service accepts them."""

import json

import pytest

from slipway_loadtests.endpoints import BINARY, INFER, PREDICT, Endpoint
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import call
from slipway_loadtests.payloads import ENOUGH_ROWS, chunks, distinct_rows, row_body, tensor_body
from slipway_loadtests.published import Field, PublishedModel, Row, TensorInput, read_models
from tests.loadtests.samples import classifier, number


@pytest.mark.parametrize("model_name", ["mixed", "wide"])
def test_ten_thousand_rows_of_a_served_model_are_all_different(service_url: str, model_name: str) -> None:
    model = next(model for model in read_models(service_url) if model.name == model_name)

    rows = distinct_rows(model)

    assert len({row_body(model, [row]) for row in rows}) == ENOUGH_ROWS == 10_000


@pytest.mark.parametrize("endpoint", [PREDICT, INFER], ids=["rows", "tensors"])
@pytest.mark.parametrize("model_name", ["mixed", "wide"])
def test_a_real_service_accepts_the_rows_at_both_doors(service_url: str, model_name: str, endpoint: Endpoint) -> None:
    model = next(model for model in read_models(service_url) if model.name == model_name)
    rows = distinct_rows(model, 500)

    status, body = call(service_url + endpoint.path(model), endpoint.encode(model, rows))

    assert endpoint.problem(model, 500, status, body) is None


def test_a_real_service_accepts_numbers_as_bytes(service_url: str) -> None:
    model = next(model for model in read_models(service_url) if model.name == "wide")
    rows = distinct_rows(model, 500)

    answered = call(service_url + BINARY.path(model), BINARY.encode(model, rows), BINARY.headers(model, rows))

    assert BINARY.problem(model, 500, *answered) is None
    assert BINARY.problem(model, 499, *answered) == "wrong number of predictions"


def test_published_fields_carry_kinds_ranges_categories_and_nulls(service_url: str) -> None:
    mixed = next(model for model in read_models(service_url) if model.name == "mixed")

    fields = {field.name: field for field in mixed.fields}

    assert fields["age"] == Field("age", "number", nullable=True, example=30.5, low=0, high=80, choices=("30.5",))
    assert fields["floors"].kind == "integer"
    assert fields["garden"].kind == "boolean"
    assert fields["city"].choices == ("Bonn", "Ulm")
    assert fields["heating"].choices == ("gas", "oil")
    assert not fields["heating"].nullable


def test_published_labels_and_tensors_are_those_of_the_model(service_url: str) -> None:
    wide = next(model for model in read_models(service_url) if model.name == "wide")

    assert wide.labels == ("no", "yes")
    assert wide.inputs == (TensorInput("X", "FP64", 30),)
    assert wide.is_numeric


def test_values_stay_within_the_range_and_some_nullable_ones_are_missing() -> None:
    model = PublishedModel("m", (number("x", -2, 3, nullable=True),), (TensorInput("x", "FP64", 1),), None)

    values = [row["x"] for row in distinct_rows(model, 1000)]

    numbers = [value for value in values if isinstance(value, float)]
    assert -2 <= min(numbers) < -1.9
    assert 2.9 < max(numbers) <= 3
    assert values.count(None) == 1


def test_a_model_of_few_categories_gives_every_row_it_has() -> None:
    colour = Field("colour", "string", nullable=False, example="red", low=0, high=1, choices=("red", "green"))
    model = PublishedModel("m", (colour,), (TensorInput("colour", "BYTES", 1),), None)

    rows = distinct_rows(model, 1000)

    assert sorted(str(row["colour"]) for row in rows) == ["green", "red"]
    with pytest.raises(CannotRun, match="3 different rows are needed, the model has 2"):
        chunks(rows, 3)


def test_a_nullable_boolean_travels_as_a_number_in_tensors_and_as_itself_in_rows() -> None:
    flag = Field("flag", "boolean", nullable=True, example=True, low=0, high=1, choices=())
    model = PublishedModel("m", (flag,), (TensorInput("flag", "FP64", 1),), None)
    rows: list[Row] = [{"flag": True}, {"flag": None}]

    tensor = json.loads(tensor_body(model, rows))["inputs"][0]

    assert tensor == {"name": "flag", "datatype": "FP64", "shape": [2, 1], "data": [1.0, None]}
    assert json.loads(row_body(model, rows)) == {"instances": [{"flag": True}, {"flag": None}]}


def test_the_same_seed_draws_the_same_rows() -> None:
    assert distinct_rows(classifier("cat"), 50) == distinct_rows(classifier("cat"), 50)
    assert distinct_rows(classifier("cat"), 50) != distinct_rows(classifier("cat"), 50, seed=1)


def test_an_address_without_a_service_is_refused_in_a_sentence() -> None:
    with pytest.raises(CannotRun, match=r"GET http://127\.0\.0\.1:9/v2/models answered nothing: .*refused"):
        read_models("http://127.0.0.1:9")
