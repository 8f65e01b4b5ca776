"""Answers written straight from a run against the codec that writes the same answers from messages."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor, TensorMetadata
from slipway_ml.protocol.json_codec import encode_response
from slipway_ml.protocol.messages import InferenceResponse, NamedTensor
from slipway_ml.protocol.outputs import Outputs, RunOutputs
from slipway_ml.protocol.response_encoder import ResponseEncoder

DECLARED = (
    TensorMetadata("label", Datatype.BYTES, (-1,)),
    TensorMetadata("class", Datatype.INT64, (-1,)),
    TensorMetadata("is%s", Datatype.BOOL, (-1, 1)),
    TensorMetadata('p"', Datatype.FP32, (-1, 3)),
)
ENCODER = ResponseEncoder('m"', "3", DECLARED)
LABELS = ("a,b", "],[", '"', "ü", "%b")


def outputs_of(values: list[list[float]]) -> list[Tensor]:
    rows = len(values)
    label = np.array([LABELS[number % len(LABELS)] for number in range(rows)], np.object_)
    kinds = np.arange(rows, dtype=np.int64) - 1
    flags = (kinds > 0).reshape(-1, 1)
    return [label, kinds, flags, np.array(values, NUMPY_DTYPES[Datatype.FP32]).reshape(rows, 3)]


def written_from_values(tensors: list[Tensor], **more: Any) -> bytes:
    named = [NamedTensor(d.name, d.datatype, t) for d, t in zip(DECLARED, tensors, strict=True)]
    return encode_response(InferenceResponse('m"', "3", named, **more))


rows = st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), min_size=1, max_size=7)


@given(rows, st.data())
@settings(max_examples=60, deadline=None)
def test_each_request_of_a_run_gets_the_bytes_that_its_rows_alone_would_give(
    values: list[list[float]], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    stop = data.draw(st.integers(start + 1, len(values)))
    tensors = outputs_of(values)

    response = ENCODER.encode(Outputs(RunOutputs(tensors), start, stop), None, None)

    assert response == written_from_values([tensor[start:stop] for tensor in tensors])


@pytest.mark.parametrize("more", [{"id": 'x"é'}, {"parameters": {"a": 1, "b": "%s"}}, {"id": "", "parameters": {}}])
def test_id_and_parameters_come_back(more: dict[str, Any]) -> None:
    tensors = outputs_of([[0.5, 0.25, 0.25]])

    response = ENCODER.encode(Outputs(RunOutputs(tensors), 0, 1), more.get("id"), more.get("parameters"))

    assert response == written_from_values(tensors, **more)


def test_rows_of_a_request_are_arrays_as_well() -> None:
    outputs = Outputs(RunOutputs(outputs_of([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), 1, 2)

    assert [tensor.tolist() for tensor in outputs] == [["],["], [0], [[False]], [[4.0, 5.0, 6.0]]]
