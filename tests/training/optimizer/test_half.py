import numpy as np
import pytest

from slipway_ml.runtime.session import OnnxSession
from slipway_training.optimizer.half import to_float16
from slipway_training.optimizer.passes import NotApplicable
from slipway_training.parity import parity
from tests.training.prepared import prepared


def test_network_in_half_precision_is_half_the_size_and_flips_nothing() -> None:
    model = prepared("digits")

    half = to_float16(model.graph).model

    found = parity.measure(OnnxSession(half.SerializeToString()), model.expected, model.signature, 0.02)
    assert half.ByteSize() < 0.52 * model.graph.ByteSize()
    assert found.kinds[0].label_flips == 0
    assert found.kinds[0].largest_difference < 0.002


def test_inputs_and_outputs_stay_as_they_were() -> None:
    graph = prepared("digits").graph

    half = OnnxSession(to_float16(graph).model.SerializeToString())

    own = OnnxSession(graph.SerializeToString())
    assert (half.inputs, half.outputs) == (own.inputs, own.outputs)
    assert half.run({"X": np.zeros((1, 64))})[1].dtype == np.float32


def test_model_without_matrices_has_nothing_to_halve() -> None:
    with pytest.raises(NotApplicable, match="float16 pays for products of matrices"):
        to_float16(prepared("breast_cancer").graph)
