"""Highest values as text, the way the classification extension writes them."""

import numpy as np
import pytest

from slipway_ml.contract.tensors import Datatype, Tensor
from slipway_ml.errors import RequestTooLarge
from slipway_ml.protocol.messages import NamedTensor
from slipway_ml.serving.classification import classify
from tests.factories import matrix_signature

SIGNATURE = matrix_signature(2, ("low", "mid", "high"))


def classes(data: Tensor, count: int, datatype: Datatype = Datatype.FP32) -> list[list[str]]:
    response = classify(NamedTensor("probabilities", datatype, data), count, SIGNATURE)
    assert response.datatype is Datatype.BYTES
    texts: list[list[str]] = response.data.tolist()
    return texts


def test_highest_values_come_first_with_index_and_label() -> None:
    data = np.array([[0.25, 0.5, 0.25], [0.0, 0.125, 0.875]], np.float32)

    assert classes(data, 2) == [["0.500000:1:mid", "0.250000:0:low"], ["0.875000:2:high", "0.125000:1:mid"]]


def test_more_classes_than_there_are_give_all() -> None:
    assert len(classes(np.zeros((1, 3), np.float32), 99)[0]) == 3


def test_values_without_labels_end_with_the_index() -> None:
    assert classes(np.array([[-1.5]], np.float32), 1) == [["-1.500000:0"]]


def test_whole_numbers_stay_whole_and_one_dimension_is_one_value_per_row() -> None:
    assert classes(np.array([7, 9]), 1, Datatype.INT64) == [["7:0"], ["9:0"]]


def test_missing_values_come_last() -> None:
    data = np.array([[np.nan, 0.5, 0.25]], np.float32)

    assert classes(data, 3) == [["0.500000:1:mid", "0.250000:2:high", "nan:0:low"]]


def test_labels_are_written_as_text() -> None:
    booleans = matrix_signature(2, (False, True))
    data = np.array([[0.25, 0.75]], np.float32)

    assert classify(NamedTensor("p", Datatype.FP32, data), 1, booleans).data.tolist() == [["0.750000:1:True"]]


def test_a_hundred_thousand_texts_are_given_and_one_row_more_is_too_large() -> None:
    assert len(classes(np.zeros((100_000, 3), np.float32), 1)) == 100_000

    with pytest.raises(RequestTooLarge, match="more than 100000 texts"):
        classes(np.zeros((100_001, 3), np.float32), 1)
