"""Outputs of a graph as predictions: labels keep their type, numbers their shortest text, and NaN is null."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.signature import Label
from slipway_ml.contract.tensors import NUMPY_DTYPES, Tensor
from slipway_ml.errors import InferenceError
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from tests.factories import matrix_signature, mixed_signature
from tests.strategies import MANY, TEXT, labels


def codec(known: tuple[Label, ...] | None = None, name: str = "m") -> RowCodec:
    return RowCodec(name, "3", matrix_signature(labels=known), ContentLimits())


def floats(*values: Any) -> Tensor:
    return np.array(values, np.float32)


def classified(known: tuple[Label, ...], label: Label, probabilities: Tensor) -> dict[str, Any]:
    found = np.array([label], NUMPY_DTYPES[matrix_signature(labels=known).label_datatype])
    response = json.loads(codec(known).encode([found, probabilities], "id"))
    prediction: dict[str, Any] = response["predictions"][0]
    return prediction


def key_of(label: Label) -> str:
    return label if isinstance(label, str) else json.dumps(label)


def test_answer_names_model_version_and_request() -> None:
    response = codec().encode([floats([1.5], [-2.0])], "id-7")

    assert response == b'{"model":"m","version":"3","request_id":"id-7","predictions":[{"value":1.5},{"value":-2.0}]}'


def test_signs_of_json_and_of_formatting_are_safe_everywhere() -> None:
    response = codec(name='%b"\\').encode([floats([1.0])], '%s"')

    assert json.loads(response) == {
        "model": '%b"\\',
        "version": "3",
        "request_id": '%s"',
        "predictions": [{"value": 1.0}],
    }


@pytest.mark.parametrize("known", [(False, True), (3, 7), ("no", "yes"), ("0", "1")], ids=str)
def test_label_keeps_the_type_of_the_training_data(known: tuple[Label, ...]) -> None:
    prediction = classified(known, known[1], floats([0.25, 0.75]))

    assert (type(prediction["label"]), prediction["label"]) == (type(known[1]), known[1])
    assert prediction["probabilities"] == {key_of(known[0]): 0.25, key_of(known[1]): 0.75}


@pytest.mark.parametrize("label", ['say "hi"', "100%", "%b%s%%", "],[", "{}", "a,b", "\\", "ä€😀", "\n", ""])
def test_label_may_hold_any_sign(label: str) -> None:
    assert classified((label, "other"), label, floats([0.5, 0.25])) == {
        "label": label,
        "probabilities": {label: 0.5, "other": 0.25},
    }


@pytest.mark.parametrize("known", [(False, True), (3, 7), ("no", "100%b")], ids=str)
def test_classifier_without_probabilities_answers_with_labels_alone(known: tuple[Label, ...]) -> None:
    signature = matrix_signature(labels=known).model_copy(update={"has_probabilities": False})
    found = np.array([known[1], known[0]], NUMPY_DTYPES[signature.label_datatype])

    response = json.loads(RowCodec("m", "3", signature, ContentLimits()).encode([found], "id"))

    assert response["predictions"] == [{"label": known[1]}, {"label": known[0]}]


@MANY
@given(labels(), st.data())
def test_prediction_is_the_label_and_the_probabilities_in_order(known: tuple[Label, ...], data: st.DataObject) -> None:
    probabilities = data.draw(st.lists(st.floats(0, 1, width=32), min_size=len(known), max_size=len(known)))
    prediction = classified(known, known[-1], floats(probabilities))

    assert prediction["label"] == known[-1]
    assert list(prediction["probabilities"]) == [key_of(label) for label in known]
    assert floats(*prediction["probabilities"].values()).tolist() == probabilities


@MANY
@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_value_is_the_shortest_text_of_the_float_or_null(values: list[float]) -> None:
    response = json.loads(codec().encode([floats(*values).reshape(-1, 1)], "id"))

    assert [prediction["value"] for prediction in response["predictions"]] == [
        float(str(np.float32(value))) if np.isfinite(value) else None for value in values
    ]


def test_probability_that_is_no_number_is_null() -> None:
    assert classified(("no", "yes"), "no", floats([np.nan, np.inf]))["probabilities"] == {"no": None, "yes": None}


def test_rows_stay_in_order() -> None:
    known = tuple(f"c{number}" for number in range(50))
    probabilities = np.eye(50, dtype=np.float32)
    predictions = json.loads(codec(known).encode([np.array(known, object), probabilities], "id"))["predictions"]

    assert [prediction["label"] for prediction in predictions] == list(known)
    assert [max(p["probabilities"], key=p["probabilities"].get) for p in predictions] == list(known)


def test_part_of_a_batch_is_written_like_a_whole() -> None:
    batch = np.arange(12, dtype=np.float32).reshape(3, 4).T

    assert json.loads(codec(("a", "b", "c")).encode([np.array(["a"], object), batch[1:2]], "id"))["predictions"] == [
        {"label": "a", "probabilities": {"a": 1.0, "b": 5.0, "c": 9.0}}
    ]


def test_label_that_the_manifest_does_not_name_is_our_error() -> None:
    with pytest.raises(InferenceError, match="a label that its manifest does not name") as failed:
        codec(("no", "yes")).encode([np.array(["perhaps"], object), floats([0.5, 0.5])], "id")

    assert "perhaps" not in str(failed.value)


@MANY
@given(TEXT)
def test_request_id_comes_back_as_it_was(request_id: str) -> None:
    assert json.loads(codec().encode([floats([1.0])], request_id))["request_id"] == request_id


def test_schema_for_the_docs_has_every_feature_with_its_type() -> None:
    schema = RowCodec("houses", "1", mixed_signature(), ContentLimits(instances=7)).request_schema()
    row = schema["$defs"]["Row"]

    assert row["required"] == ["age", "rooms", "floors", "garden", "city", "heating"]
    assert row["additionalProperties"] is False
    assert row["properties"]["rooms"]["type"] == "integer"
    assert row["properties"]["heating"]["enum"] == ["gas", "oil"]
    assert row["properties"]["age"]["anyOf"] == [{"type": "number"}, {"type": "null"}]
    assert row["properties"]["age"]["description"] == "Null where the value is missing. In training from 0 to 80."
    assert schema["properties"]["instances"]["maxItems"] == 7
