"""8 bits for networks with convolutions, judged by what they answer about digits that they have not seen."""

import os
import subprocess
import sys

import numpy as np
import pytest
from onnx import numpy_helper

from slipway_training.optimizer.half import FLOAT16
from slipway_training.optimizer.passes import families
from slipway_training.optimizer.quantizers import QUANTIZERS
from slipway_training.optimizer.weights import quantize_weights, weight_nodes
from tests.training.optimizer.convolution import DIGITS, MATERIAL, convolutional, digests, predictions


def test_convolutions_make_a_network_and_hold_weights() -> None:
    model = convolutional()

    assert families(model) == {"networks"}
    assert [node.op_type for node, _ in weight_nodes(model)] == ["Conv", "Conv", "Gemm"]


def test_network_knows_digits_that_it_has_not_seen() -> None:
    labels, _ = predictions(convolutional())

    assert np.mean(labels == DIGITS[1:600:2]) > 0.8


def test_weights_of_a_filter_move_by_half_a_step_of_their_own_scale() -> None:
    model = convolutional()
    ((_, before),) = [found for found in weight_nodes(model) if found[1].name == "w2"]

    small = {tensor.name: tensor for tensor in quantize_weights(model).graph.initializer}

    weights, rounded, scale = (numpy_helper.to_array(one) for one in (before, small["w2/int8"], small["w2/scale"]))
    assert scale.shape == (16, 1, 1, 1)
    assert np.all(np.abs(rounded * scale - weights) <= scale / 2 + 1e-7)


@pytest.mark.parametrize("name", QUANTIZERS)
def test_8_bits_make_a_smaller_file_and_keep_nearly_every_label(name: str) -> None:
    model = convolutional()
    (one,) = QUANTIZERS[name][1]  # type: ignore[index]  # every name is a candidate

    small = one.apply(model, MATERIAL).model

    labels, probabilities = predictions(small)
    expected, exact = predictions(model)
    assert small.ByteSize() < 0.6 * model.ByteSize()
    assert np.mean(labels == expected) >= 0.98
    assert 0 < np.abs(probabilities - exact).max() < 0.3


def test_half_precision_moves_probabilities_by_a_thousandth_at_most() -> None:
    _, probabilities = predictions(FLOAT16.apply(convolutional(), MATERIAL).model)

    assert np.abs(probabilities - predictions(convolutional())[1]).max() < 2e-3


def test_same_network_gives_the_same_bytes_in_another_process() -> None:
    """Sets and dictionaries of another order, as a process of its own has them, must not show in a graph."""
    program = "from tests.training.optimizer.convolution import digests; print(*digests())"

    elsewhere = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert elsewhere == digests()
    assert len(set(elsewhere)) > 5
