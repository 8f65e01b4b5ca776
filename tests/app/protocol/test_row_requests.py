"""Bodies of version 1 clients in the one form that rows are read in."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.errors import MalformedRequest, RequestError
from slipway_ml.protocol.row_requests import is_plain, rewrite
from tests.factories import matrix_signature, mixed_signature
from tests.strategies import JSON, MANY

MATRIX = matrix_signature(2)
MIXED = mixed_signature()


def rewritten(document: Any, signature: Any = MATRIX) -> Any:
    body, by_column = rewrite(json.dumps(document).encode(), signature)
    return orjson.loads(body)["instances"], by_column


@pytest.mark.parametrize(
    ("body", "plain"),
    [(b'{"instances":[]}', True), (b'{"inputs":{}}', False), (b'{"signature_name":"x","instances":[]}', False)],
)
def test_only_bodies_with_unknown_keys_are_rewritten(body: bytes, plain: bool) -> None:
    assert is_plain(body) is plain


def test_signature_name_is_ignored() -> None:
    assert rewritten({"signature_name": "serving_default", "instances": [[1, 2]]}) == ([[1, 2]], False)


@pytest.mark.parametrize(
    "inputs",
    [
        {"f0": [1, 3], "f1": [2, 4]},
        {"f1": [2, 4], "f0": [1, 3]},
        {"f0": [[1], [3]], "f1": [[2], [4]]},
        {"X": [[1, 2], [3, 4]]},
        [[1, 2], [3, 4]],
    ],
    ids=["columns", "in any order", "nested", "the tensor", "the only tensor"],
)
def test_columns_become_rows_in_the_order_of_the_features(inputs: Any) -> None:
    assert rewritten({"inputs": inputs}) == ([[1, 2], [3, 4]], True)


def test_bare_nan_in_a_column_is_missing() -> None:
    body, _ = rewrite(b'{"inputs":{"f0":[NaN],"f1":[1]}}', MATRIX)

    assert body == b'{"instances":[[null,1]]}'


NAMES = "'inputs' must hold one column for each feature of the model: f0, f1"
FORM = "the body must be an object with 'instances', a list of rows, or with 'inputs', an object of columns"
REFUSED = {
    "both": ({"instances": [], "inputs": {}}, FORM),
    "another key": ({"inputs": {"f0": [1], "f1": [1]}, "more": 1}, FORM),
    "a list": ([], FORM),
    "a scalar": ({"inputs": 1}, FORM),
    "scalars as columns": ({"inputs": {"f0": 1, "f1": 2}}, FORM),
    "a column missing": ({"inputs": {"f0": [1]}}, NAMES),
    "an unknown column": ({"inputs": {"f0": [1], "f1": [1], "secret": [1]}}, NAMES),
    "uneven columns": (
        {"inputs": {"f0": [1], "f1": []}},
        "the columns of 'inputs' must have the same number of values",
    ),
}


@pytest.mark.parametrize(("document", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_columns_that_are_no_table_are_refused(document: Any, message: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        rewritten(document)

    assert str(refused.value) == message


@MANY
@given(st.fixed_dictionaries({"inputs": JSON | st.dictionaries(st.sampled_from(["f0", "f1", "X"]), st.lists(JSON))}))
def test_any_inputs_are_rewritten_or_refused(document: Any) -> None:
    try:
        rows, by_column = rewritten(document)
    except RequestError:
        return

    assert by_column
    assert isinstance(rows, list)


def test_names_are_not_repeated_for_every_row() -> None:
    columns = {feature.name: [None] * 1000 for feature in MIXED.features}
    body, _ = rewrite(json.dumps({"inputs": columns}).encode(), MIXED)

    assert len(body) < 2 * len(json.dumps(columns))
