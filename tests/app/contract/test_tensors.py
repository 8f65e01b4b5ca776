"""The datatypes of the protocol and what they are in numpy."""

import pytest

from slipway_ml.contract.tensors import FLOATING, NUMPY_DTYPES, Datatype

BYTES_PER_ELEMENT = [
    ("BOOL", 1),
    ("UINT8", 1),
    ("UINT16", 2),
    ("UINT32", 4),
    ("UINT64", 8),
    ("INT8", 1),
    ("INT16", 2),
    ("INT32", 4),
    ("INT64", 8),
    ("FP16", 2),
    ("FP32", 4),
    ("FP64", 8),
]


@pytest.mark.parametrize(("name", "size"), BYTES_PER_ELEMENT)
def test_datatype_has_the_size_that_the_protocol_gives_it(name: str, size: int) -> None:
    assert NUMPY_DTYPES[Datatype(name)].itemsize == size


def test_every_datatype_has_a_numpy_dtype() -> None:
    assert set(NUMPY_DTYPES) == set(Datatype)


def test_floating_datatypes_are_those_that_numpy_calls_floats() -> None:
    assert {datatype for datatype in Datatype if NUMPY_DTYPES[datatype].kind == "f"} == FLOATING


def test_text_is_held_as_python_objects() -> None:
    assert NUMPY_DTYPES[Datatype.BYTES].hasobject
