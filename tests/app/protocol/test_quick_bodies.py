"""Bodies of middling size that are read at once, and what they must not hold for that."""

import json
from typing import Any

from slipway_ml.protocol.quick_bodies import AT_ONCE, has_few_values, has_only_numbers
from tests.claims import for_each

WIDTH = 30


def rows(count: int, row: Any) -> bytes:
    return json.dumps({"instances": [row] * count}).encode()


def tensor(data: list[Any], datatype: str = "FP64") -> bytes:
    return json.dumps({"inputs": [{"name": "X", "datatype": datatype, "shape": [1], "data": data}]}).encode()


GOOD = {f"feature {number}": 0.25 * number for number in range(WIDTH)}


@for_each(
    "body, is_quick",
    {
        "good rows": (rows(150, GOOD), True),
        "good lists": (rows(150, list(GOOD.values())), True),
        "many values": (rows(300, list(GOOD.values())), False),
        "empty rows": (rows(20_000, {}), False),
        "one row of many keys": (rows(1, {str(number): 1 for number in range(4000)}), False),
        "over the limit": (rows(1, "x" * AT_ONCE), False),
    },
)
def test_rows_are_read_at_once_where_they_have_few_values(body: bytes, is_quick: bool) -> None:
    assert has_few_values(body) is is_quick


@for_each(
    "body, is_quick",
    {
        "numbers": (tensor([0.25] * 10_000), True),
        "rows of numbers": (tensor([[0.25] * WIDTH] * 500), True),
        "integers": (tensor([1] * 10_000, "INT64"), False),
        "texts": (tensor(["a"] * 10_000), False),
        "nulls": (tensor([None] * 10_000), False),
        "NaN": (tensor([float("nan")] * 10_000), False),
        "objects": (tensor([{}] * 10_000), False),
        "short lists": (tensor([[1]] * 10_000), False),
        "over the limit": (tensor([0.125] * 40_000), False),
        "no data": (b"[" * 40_000, False),
    },
)
def test_tensors_are_read_at_once_where_they_are_floats_and_nothing_else(body: bytes, is_quick: bool) -> None:
    assert has_only_numbers(body) is is_quick
