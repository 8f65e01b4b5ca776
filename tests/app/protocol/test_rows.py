"""Rows that fit the schema become the tensors that the model was trained with."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import InvalidRows, MalformedRequest, RequestTooLarge
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.serving.manifest_rows import to_tensors
from tests.factories import matrix_signature, mixed_signature
from tests.strategies import FEW, MANY, rows_of, signatures

MIXED = mixed_signature()
NULLABLE = Signature(
    task=Task.REGRESSION,
    layout="columns",
    features=tuple(
        Feature(name=kind, kind=kind, nullable=True, categories=("a",), unseen_categories="refused") for kind in Kind
    ),
)
ROW: dict[str, Cell] = {"age": 30.5, "rooms": 3, "floors": 2, "garden": True, "city": "Ulm", "heating": "gas"}

signatures_and_rows = signatures().flatmap(lambda found: st.tuples(st.just(found), rows_of(found)))


def codec(signature: Signature, instances: int = 1000) -> RowCodec:
    return RowCodec("m", "1", signature, ContentLimits(instances=instances))


def decode(signature: Signature, document: Any) -> dict[str, list[Any]]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return comparable(codec(signature).decode(body))


def comparable(tensors: dict[str, Tensor]) -> dict[str, list[Any]]:
    """Names, dtypes, shapes and elements, in which NaN equals NaN."""
    return {
        name: [str(tensor.dtype), tensor.shape, *map(repr, tensor.ravel().tolist())] for name, tensor in tensors.items()
    }


@FEW
@given(signatures_and_rows)
def test_rows_are_the_tensors_that_a_manifest_would_make_of_them(given_rows: Any) -> None:
    signature, rows = given_rows

    assert decode(signature, {"instances": rows}) == comparable(to_tensors(signature, rows))


@FEW
@given(signatures_and_rows)
def test_lists_in_order_of_the_features_are_the_same_as_objects(given_rows: Any) -> None:
    signature, rows = given_rows
    lists = [[row[feature.name] for feature in signature.features] for row in rows]

    assert decode(signature, {"instances": lists}) == decode(signature, {"instances": rows})


@FEW
@given(signatures_and_rows)
def test_bare_nan_is_the_same_as_null(given_rows: Any) -> None:
    signature, rows = given_rows
    bare = [{name: float("nan") if cell is None else cell for name, cell in row.items()} for row in rows]

    assert decode(signature, {"instances": bare}) == decode(signature, {"instances": rows})


@pytest.mark.parametrize("missing", [b"null", b"NaN"])
@pytest.mark.parametrize("name", list(Kind))
def test_missing_alone_is_accepted_for_every_kind(name: str, missing: bytes) -> None:
    whole = {"number": 1.5, "integer": 2, "boolean": True, "category": "a"}
    body = json.dumps({"instances": [{**whole, name: "?"}]}).encode().replace(b'"?"', missing)
    column = codec(NULLABLE).decode(body)[name]

    assert column.tolist() == [[""]] if name == "category" else np.isnan(column).all()


def test_empty_string_is_missing_text_where_text_may_be_missing() -> None:
    row = {"number": 1.5, "integer": 2, "boolean": True, "category": ""}

    assert codec(NULLABLE).decode(json.dumps({"instances": [row]}).encode())["category"].tolist() == [[""]]


def test_fields_may_come_in_any_order() -> None:
    shuffled = dict(reversed(ROW.items()))

    assert decode(MIXED, {"instances": [shuffled]}) == decode(MIXED, {"instances": [ROW]})


def test_category_never_seen_is_accepted_where_the_model_allows_it() -> None:
    assert codec(MIXED).decode(json.dumps({"instances": [{**ROW, "city": "Köln"}]}).encode())["city"] == [["Köln"]]


@pytest.mark.parametrize("number", ["3", "3.0", "3e0", "30e-1"])
def test_whole_number_may_be_written_as_a_float(number: str) -> None:
    body = json.dumps({"instances": [{**ROW, "rooms": "?"}]}).replace('"?"', number).encode()
    rooms = codec(MIXED).decode(body)["rooms"]

    assert (str(rooms.dtype), rooms.tolist()) == ("int64", [[3]])


@pytest.mark.parametrize("number", [2**53 - 1, 1 - 2**53])
def test_whole_number_is_exact_up_to_its_bounds(number: int) -> None:
    assert codec(MIXED).decode(json.dumps({"instances": [{**ROW, "rooms": number}]}).encode())["rooms"] == [[number]]


@pytest.mark.parametrize("number", [0.1 * 3 * 10, 2.9999999999999996, 3 - 1e-12])
def test_number_that_is_whole_but_for_rounding_is_the_nearest_one(number: float) -> None:
    body = json.dumps({"instances": [{**ROW, "rooms": number, "floors": number}]}).encode()
    tensors = codec(MIXED).decode(body)

    assert (tensors["rooms"].tolist(), tensors["floors"].tolist()) == ([[3]], [[3.0]])


@MANY
@given(st.floats(-1e15, 1e15).filter(lambda number: abs(number - round(number)) > 1e-8))
def test_number_with_a_fraction_is_never_a_whole_one(number: float) -> None:
    with pytest.raises(InvalidRows):
        decode(MIXED, {"instances": [{**ROW, "rooms": number}]})


@pytest.mark.parametrize("other", [1, float("nan")], ids=["alone", "beside NaN"])
def test_number_of_any_length_is_the_nearest_double(other: float) -> None:
    signature = matrix_signature(2, nullable=True)

    assert codec(signature).decode(json.dumps({"instances": [[10**100, other]]}).encode())["X"][0, 0] == 1e100


def test_last_of_two_equal_keys_wins() -> None:
    body = b'{"instances":[[9,9]],"instances":[{"f0":"x","f1":2,"f0":1}]}'

    assert codec(matrix_signature(2)).decode(body)["X"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("space", [b"", b" ", b"\n\t\r\n  "], ids=["none", "one", "lines"])
@pytest.mark.parametrize("row", [b"[1,2]", b'{"f0":1,"f1":2}'], ids=["list", "object"])
def test_white_space_makes_no_difference(row: bytes, space: bytes) -> None:
    body = space.join([b"", b"{", b'"instances"', b":", b"[", row, b"]", b"}", b""])

    assert codec(matrix_signature(2)).decode(body)["X"].tolist() == [[1.0, 2.0]]


def test_as_many_instances_as_the_limit_are_accepted() -> None:
    assert codec(matrix_signature(1), instances=5).decode(b'{"instances":[[1],[1],[1],[1],[1]]}')["X"].shape == (5, 1)


@pytest.mark.parametrize("row", ["[1]", '{"f0":1}', "[NaN]", '["wrong"]', "{}", "null"])
def test_one_instance_more_than_the_limit_is_too_large(row: str) -> None:
    body = f'{{"instances":[{",".join([row] * 6)}]}}'.encode()

    with pytest.raises(RequestTooLarge, match=r"^more than 5 instances$"):
        codec(matrix_signature(1), instances=5).decode(body)


NO_JSON = "the body is not valid JSON"
NO_ROWS = 'the body must be {"instances": [row, …]} with at least one row and nothing else'
NOT_ROWS = {
    "empty": (b"", NO_JSON),
    "half": (b'{"instances":[[1', NO_JSON),
    "trailing bytes": (b'{"instances":[[1,2]]}x', NO_JSON),
    "byte order mark": (b'\xef\xbb\xbf{"instances":[[1,2]]}', NO_JSON),
    "UTF-16": ('{"instances":[[1,2]]}'.encode("utf-16"), NO_JSON),
    "not UTF-8": (b'{"instances":[{"f\xff":1}]}', NO_JSON),
    "lone surrogate": (b'{"instances":[{"f0":"\\ud800"}]}', NO_JSON),
    "5,000 digits": (b'{"instances":[[' + b"9" * 5000 + b",1]]}", NO_JSON),
    "5,000 digits with NaN": (b'{"instances":[[NaN,' + b"9" * 5000 + b"]]}", NO_JSON),
    "100,000 brackets": (b'{"instances":' + b"[" * 100_000, NO_JSON),
    "100,000 brackets, closed": (b'{"instances":' + b"[" * 100_000 + b"]" * 100_000 + b"}", NO_JSON),
    "null": (b"null", NO_ROWS),
    "a list": (b"[[1,2]]", NO_ROWS),
    "a number": (b"7", NO_ROWS),
    "no instances": (b"{}", NO_ROWS),
    "other name": (b'{"rows":[[1,2]]}', NO_ROWS),
    "more beside": (b'{"instances":[[1,2]],"parameters":{}}', NO_ROWS),
    "no rows": (b'{"instances":[]}', NO_ROWS),
    "rows null": (b'{"instances":null}', NO_ROWS),
    "rows an object": (b'{"instances":{"f0":1}}', NO_ROWS),
    "rows text": (b'{"instances":"[[1,2]]"}', NO_ROWS),
}


@pytest.mark.parametrize(("body", "message"), NOT_ROWS.values(), ids=NOT_ROWS.keys())
def test_body_without_rows_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        codec(matrix_signature(2)).decode(body)

    assert str(refused.value) == message
