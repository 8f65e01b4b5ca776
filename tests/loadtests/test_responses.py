"""A wrong body is a failure, whatever its status; a right one is not."""

import json
from typing import Any

import pytest

from slipway_loadtests.responses import binary_problem, row_problem, tensor_problem
from tests.loadtests.samples import classifier, regression

CAT = {"label": "cat", "probabilities": {"cat": 0.75, "dog": 0.25}}


def _tensors(label: Any, probabilities: list[float]) -> dict[str, Any]:
    return {
        "outputs": [
            {"name": "label", "shape": [1], "data": [label]},
            {"name": "probabilities", "shape": [1, len(probabilities)], "data": probabilities},
        ]
    }


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        ({"predictions": [CAT]}, None),
        ({"predictions": []}, "wrong number of predictions"),
        ({"predictions": [CAT, CAT]}, "wrong number of predictions"),
        ({"predictions": [{**CAT, "label": "cow"}]}, "a label the model does not have"),
        ({"predictions": [{"label": "cat", "probabilities": {"cat": 1.0}}]}, "probabilities of other labels"),
        (
            {"predictions": [{"label": "cat", "probabilities": {"cat": 0.5, "dog": 0.4}}]},
            "probabilities that do not add up to 1",
        ),
        (
            {"predictions": [{"label": "cat", "probabilities": {"cat": 1.5, "dog": -0.5}}]},
            "a probability outside 0 to 1",
        ),
        ({"error": "no", "predictions": [CAT]}, "an error under status 200"),
        ({"predictions": [{"value": 1.0}]}, "not the shape of a row response"),
    ],
)
def test_row_answers_of_a_classifier(response: Any, problem: str | None) -> None:
    assert row_problem(classifier("cat", "dog"), 1, 200, json.dumps(response).encode()) == problem


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (_tensors("cat", [0.75, 0.25]), None),
        (_tensors("cow", [0.75, 0.25]), "a label the model does not have"),
        (_tensors("cat", [0.75, 0.2]), "probabilities that do not add up to 1"),
        (_tensors("cat", [0.5, 0.3, 0.2]), "probabilities of other labels"),
        ({"outputs": _tensors("cat", [1, 0])["outputs"][:1]}, "wrong outputs"),
        ({"outputs": [{"name": "label"}, {"name": "probabilities"}]}, "not the shape of a tensor response"),
    ],
)
def test_tensor_answers_of_a_classifier(response: Any, problem: str | None) -> None:
    assert tensor_problem(classifier("cat", "dog"), 1, 200, json.dumps(response).encode()) == problem


@pytest.mark.parametrize(
    ("value", "problem"),
    [(1.5, None), (-2, None), (None, "a value that is no finite number"), ("1", "a value that is no finite number")],
)
def test_values_of_a_regression_at_both_doors(value: Any, problem: str | None) -> None:
    rows = json.dumps({"predictions": [{"value": value}]}).encode()
    tensors = json.dumps({"outputs": [{"name": "value", "shape": [1, 1], "data": [value]}]}).encode()

    assert row_problem(regression(), 1, 200, rows) == problem
    assert tensor_problem(regression(), 1, 200, tensors) == problem


def test_a_tensor_with_fewer_values_than_its_shape_is_wrong() -> None:
    body = json.dumps({"outputs": [{"name": "value", "shape": [2, 1], "data": [1.0]}]}).encode()

    assert tensor_problem(regression(), 2, 200, body) == "wrong number of predictions"


def test_a_boolean_label_is_not_the_number_it_equals() -> None:
    body = json.dumps({"predictions": [{"label": 1, "probabilities": {"false": 0.0, "true": 1.0}}]}).encode()

    assert row_problem(classifier(False, True), 1, 200, body) == "a label the model does not have"


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [(503, b"{}", "status 503"), (0, b"nothing", "no prediction"), (200, b"<html>", "not JSON")],
)
def test_what_is_no_answer_is_named(status: int, body: bytes, problem: str) -> None:
    assert row_problem(regression(), 1, status, body) == problem
    assert tensor_problem(regression(), 1, status, body) == problem


@pytest.mark.parametrize(("label", "problem"), [("cat", None), ("cow", "a label the model does not have")])
def test_classifier_without_probabilities_answers_with_the_label_alone(label: str, problem: str | None) -> None:
    model = classifier("cat", "dog", has_probabilities=False)
    tensor = {"outputs": [{"name": "label", "shape": [1], "data": [label]}]}

    assert row_problem(model, 1, 200, json.dumps({"predictions": [{"label": label}]}).encode()) == problem
    assert tensor_problem(model, 1, 200, json.dumps(tensor).encode()) == problem


BINARY_HEAD = b'{"outputs":[{"name":"y","shape":[1,2],"parameters":{"binary_data_size":8}}]}'


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, BINARY_HEAD + bytes(8), None),
        (200, BINARY_HEAD + bytes(7), "outputs are not as long as they say"),
        (200, BINARY_HEAD + bytes(9), "outputs are not as long as they say"),
        (200, BINARY_HEAD.replace(b"[1,2]", b"[2,1]") + bytes(8), "wrong number of predictions"),
        (200, b"{}", "not the shape of a binary response"),
        (200, b"", "not the shape of a binary response"),
        (503, b"", "status 503"),
        (0, b"", "no prediction"),
    ],
)
def test_binary_answer_must_be_as_long_as_it_says(status: int, body: bytes, problem: str | None) -> None:
    assert binary_problem(regression(), 1, status, body) == problem
