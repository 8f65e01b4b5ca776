"""The signs of a list tell how deep its values lie, whatever they are."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.protocol.nesting import Nesting, nesting_of
from tests.strategies import JSON, MANY


def depths(value: Any, depth: int = 0) -> Iterator[int]:
    """Of everything in a list that is no list."""
    if not isinstance(value, list):
        yield depth
        return
    for item in value:
        yield from depths(item, depth + 1)


def deepest(value: Any) -> int:
    return 1 + max(map(deepest, value), default=0) if isinstance(value, list) else 0


values = st.recursive(JSON.filter(lambda value: not isinstance(value, list)), lambda inner: st.lists(inner, max_size=4))


@MANY
@given(st.lists(values, max_size=6), st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]))
def test_signs_tell_what_walking_the_list_tells(found: list[Any], separators: tuple[str, str]) -> None:
    each = list(depths(found))
    expected = Nesting(deepest(found), len(each), set(each) <= {deepest(found)})

    assert nesting_of(json.dumps(found, separators=separators).encode()) == expected
