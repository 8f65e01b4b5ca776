"""Every problem of every row, with row and field, in exact words."""

import json
from typing import Any

import pytest

from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.errors import InvalidRows, RowProblem
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from tests.factories import matrix_signature, mixed_signature

MIXED = mixed_signature()
ROW: dict[str, Any] = {"age": 30.5, "rooms": 3, "floors": 2, "garden": True, "city": "Ulm", "heating": "gas"}

NUMBER = "must be a finite number"
WHOLE = "must be a whole number between -2^53 and 2^53"
TRUTH = "must be true or false"
GIVEN = "must not be missing: the model was trained without missing values here"
NAN, INFINITY = float("nan"), float("inf")

WRONG_VALUES: list[tuple[str, Any, str]] = [
    ("age", "30.5", f"{NUMBER} or null"),
    ("age", True, f"{NUMBER} or null"),
    ("age", [30.5], f"{NUMBER} or null"),
    ("age", {}, f"{NUMBER} or null"),
    ("age", INFINITY, f"{NUMBER} or null"),
    ("age", -INFINITY, f"{NUMBER} or null"),
    ("age", 10**400, f"{NUMBER} or null"),
    ("rooms", 3.5, WHOLE),
    ("rooms", "3", WHOLE),
    ("rooms", False, WHOLE),
    ("rooms", 2**53, WHOLE),
    ("rooms", 2**53 + 1, WHOLE),
    ("rooms", -(2**53), WHOLE),
    ("rooms", 10**30, WHOLE),
    ("rooms", INFINITY, WHOLE),
    ("rooms", None, GIVEN),
    ("rooms", NAN, GIVEN),
    ("floors", 2.5, f"{WHOLE} or null"),
    ("garden", 1, TRUTH),
    ("garden", "true", TRUTH),
    ("garden", None, GIVEN),
    ("garden", NAN, GIVEN),
    ("city", 7, "must be a string or null"),
    ("city", ["Ulm"], "must be a string or null"),
    ("heating", "coal", "must be one of the categories seen in training: gas, oil"),
    ("heating", "Gas", "must be one of the categories seen in training: gas, oil"),
    ("heating", "", "must be one of the categories seen in training: gas, oil"),
    ("heating", 1, "must be one of the categories seen in training: gas, oil"),
    ("heating", None, GIVEN),
    ("heating", NAN, GIVEN),
]


def problems(document: Any, signature: Signature = MIXED) -> list[RowProblem]:
    with pytest.raises(InvalidRows) as refused:
        RowCodec("m", "1", signature, ContentLimits()).decode(json.dumps(document).encode())
    assert refused.value.total == len(refused.value.problems)
    return list(refused.value.problems)


def in_row(row: Any, signature: Signature = MIXED) -> list[RowProblem]:
    return problems({"instances": [row]}, signature)


@pytest.mark.parametrize(("field", "value", "problem"), WRONG_VALUES)
def test_wrong_value_is_explained(field: str, value: Any, problem: str) -> None:
    assert in_row({**ROW, field: value}) == [RowProblem(0, field, problem)]
    assert in_row(list({**ROW, field: value}.values())) == [RowProblem(0, field, problem)]


def test_empty_text_is_missing_where_nothing_may_be_missing() -> None:
    signature = Signature(
        task=Task.REGRESSION, layout="columns", features=(Feature(name="city", kind=Kind.CATEGORY, categories=("a",)),)
    )

    assert in_row({"city": ""}, signature) == [RowProblem(0, "city", GIVEN)]


def test_every_problem_of_every_row_is_listed_in_order() -> None:
    rows = [{**ROW, "age": "old", "rooms": None}, ROW, {**ROW, "garden": 2, "heating": "coal"}]

    assert problems({"instances": rows}) == [
        RowProblem(0, "age", f"{NUMBER} or null"),
        RowProblem(0, "rooms", GIVEN),
        RowProblem(2, "garden", TRUTH),
        RowProblem(2, "heating", "must be one of the categories seen in training: gas, oil"),
    ]


def test_absent_field_is_missing() -> None:
    row = {name: value for name, value in ROW.items() if name not in {"age", "rooms"}}

    assert in_row(row) == [
        RowProblem(0, "age", "is missing; send null for a missing value"),
        RowProblem(0, "rooms", "is missing"),
    ]


UNKNOWN = "is not a feature of the model"
UNKNOWN_FIELDS: list[tuple[str, str | None, str]] = [
    ("gardn", "gardn", f"{UNKNOWN}; did you mean 'garden'?"),
    ("Rooms", "Rooms", f"{UNKNOWN}; did you mean 'rooms'?"),
    ("colour", "colour", UNKNOWN),
    ("age\n", None, f"{UNKNOWN}; did you mean 'age'?"),
    ("max@example.org", None, UNKNOWN),
    ("4711", None, UNKNOWN),
    ("", None, UNKNOWN),
    ("x" * 65, None, UNKNOWN),
]


@pytest.mark.parametrize(("key", "field", "problem"), UNKNOWN_FIELDS)
def test_unknown_field_is_named_only_if_it_looks_like_a_name(key: str, field: str | None, problem: str) -> None:
    assert in_row({**ROW, key: 1}) == [RowProblem(0, field, problem)]


@pytest.mark.parametrize("values", [[], [30.5], [*ROW.values(), 7]], ids=["none", "too few", "too many"])
def test_list_of_another_length_is_one_problem(values: list[Any]) -> None:
    assert in_row(values) == [RowProblem(0, None, "must have 6 values, one per feature")]


@pytest.mark.parametrize("row", [None, 7, "row", True, NAN])
def test_what_is_no_row_is_one_problem(row: Any) -> None:
    no_row = "must be an object with the model's fields, or a list in their order"

    assert in_row(row) == [RowProblem(0, None, no_row)]
    assert problems({"instances": [ROW, row]}) == [RowProblem(1, None, no_row)]


def test_objects_and_lists_do_not_mix() -> None:
    no_row = "must be an object with the model's fields, or a list in their order"

    assert problems({"instances": [ROW, list(ROW.values())]}) == [RowProblem(1, None, no_row)]
    assert problems({"instances": [list(ROW.values()), ROW]}) == [RowProblem(1, None, no_row)]


def test_nan_is_a_problem_where_nothing_may_be_missing() -> None:
    assert in_row([1, NAN, 3], matrix_signature(3)) == [RowProblem(0, "f1", GIVEN)]


def test_infinity_is_a_problem_beside_an_accepted_nan() -> None:
    assert in_row([NAN, INFINITY, 3], matrix_signature(3, nullable=True)) == [RowProblem(0, "f1", f"{NUMBER} or null")]


def test_long_list_of_categories_is_shortened() -> None:
    categories = tuple(f"c{number}" for number in range(13))
    feature = Feature(name="city", kind=Kind.CATEGORY, categories=categories, unseen_categories="refused")
    signature = Signature(task=Task.REGRESSION, layout="columns", features=(feature,))
    seen = "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 3 more"

    assert in_row({"city": "x"}, signature) == [
        RowProblem(0, "city", f"must be one of the categories seen in training: {seen}")
    ]


def test_sentence_for_all_says_how_many() -> None:
    one, two = InvalidRows([], 1), InvalidRows([], 2)

    assert str(one) == "1 problem in the rows; see 'problems' and the model's schema under /docs"
    assert str(two) == "2 problems in the rows; see 'problems' and the model's schema under /docs"
