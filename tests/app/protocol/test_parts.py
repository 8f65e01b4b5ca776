"""Requests that share a batch give the tensors that they would give one below the other, however they came."""

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.parts import Part, join, tensors_of
from slipway_ml.protocol.rows import RowCodec
from tests.factories import mixed_signature

CODEC = RowCodec("m", "1", mixed_signature(), ContentLimits())


def values(name: str) -> st.SearchStrategy[Any]:
    return {
        "age": st.none() | st.floats(-1e6, 1e6),
        "rooms": st.integers(-(2**53) + 1, 2**53 - 1),
        "floors": st.none() | st.integers(-(2**53) + 1, 2**53 - 1),
        "garden": st.booleans(),
        "city": st.sampled_from(["Bonn", "Ulm", "", None]),
        "heating": st.sampled_from(["gas", "oil"]),
    }[name]


rows = st.lists(st.fixed_dictionaries({name: values(name) for name in CODEC.names}), min_size=1, max_size=3)


def part_of(kind: str, found: list[dict[str, Any]]) -> Part:
    """The same rows as objects, as lists, with a bare NaN for a null, or as tensors."""
    listed = [[row[name] for name in CODEC.names] for row in found] if kind == "lists" else found
    text = json.dumps({"instances": listed})
    body = (text.replace("null", "NaN") if kind == "nan" else text).encode()
    return CODEC.decode(body) if kind == "tensors" else CODEC.read(body)


@given(st.lists(st.tuples(st.sampled_from(["objects", "lists", "nan", "tensors"]), rows), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_joined_requests_are_their_tensors_one_below_the_other(requests: list[tuple[str, Any]]) -> None:
    parts = [part_of(kind, found) for kind, found in requests]

    joined = join(parts)

    for name, tensor in joined.items():
        expected = np.concatenate([tensors_of(part)[name] for part in parts])
        assert tensor.dtype == expected.dtype
        np.testing.assert_array_equal(tensor, expected)


def test_many_rows_are_built_where_they_are_decoded() -> None:
    row = dict(zip(CODEC.names, (None, 3, 1, True, "Bonn", "gas"), strict=True))

    few, few_rows = CODEC.read_part(json.dumps({"instances": [row]}).encode())
    many, many_rows = CODEC.read_part(json.dumps({"instances": [row] * 65}).encode())

    assert (few_rows, many_rows) == (1, 65)
    assert (isinstance(few, dict), isinstance(many, dict)) == (False, True)
