"""What a signature accepts, and the tensors that follow from it."""

import math
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.contract.tensors import Datatype, TensorMetadata
from tests.claims import for_each
from tests.factories import matrix_signature, mixed_signature
from tests.strategies import MANY, signatures

DATATYPES = [
    (Kind.NUMBER, False, Datatype.FP64),
    (Kind.NUMBER, True, Datatype.FP64),
    (Kind.INTEGER, False, Datatype.INT64),
    (Kind.INTEGER, True, Datatype.FP64),
    (Kind.BOOLEAN, False, Datatype.BOOL),
    (Kind.BOOLEAN, True, Datatype.FP64),
    (Kind.CATEGORY, False, Datatype.BYTES),
    (Kind.CATEGORY, True, Datatype.BYTES),
]


@pytest.mark.parametrize(("kind", "nullable", "datatype"), DATATYPES)
def test_datatype_follows_from_kind_and_nullable(kind: Kind, nullable: bool, datatype: Datatype) -> None:
    assert Feature(name="f", kind=kind, nullable=nullable).datatype is datatype


def number(name: str) -> Feature:
    return Feature(name=name, kind=Kind.NUMBER)


def signature(**changed: Any) -> Signature:
    return Signature(**{"task": Task.REGRESSION, "layout": "matrix", "features": (number("a"),), **changed})


CLASSIFICATION = {"task": Task.CLASSIFICATION}
REFUSED = {
    "no features": ({"features": ()}, "at least 1 item"),
    "two features of one name": ({"features": (number("a"), number("a"))}, "two features have the same name"),
    "text in a matrix": (
        {"features": (number("a"), Feature(name="b", kind=Kind.CATEGORY))},
        "layout 'matrix' is for number features only",
    ),
    "labels for a regression": ({"labels": (0, 1)}, "labels belong to classification"),
    "a classification without labels": (CLASSIFICATION, "labels belong to classification"),
    "no label at all": ({**CLASSIFICATION, "labels": ()}, "labels must be of one type"),
    "one label twice": ({**CLASSIFICATION, "labels": (1, 1)}, "no two of them the same"),
    "labels of two types": ({**CLASSIFICATION, "labels": (True, 1)}, "labels must be of one type"),
    "a feature called like the output": (
        {"layout": "columns", "features": (number("value"),)},
        "a feature has the name of an output",
    ),
    "a feature called like the label": (
        {**CLASSIFICATION, "layout": "columns", "features": (number("label"),), "labels": ("no", "yes")},
        "a feature has the name of an output",
    ),
    "one target": ({"targets": ("a",)}, "targets belong to regression with several values"),
    "a target twice": ({"targets": ("a", "a")}, "targets belong to regression with several values"),
    "targets of a classification": (
        {**CLASSIFICATION, "labels": (0, 1), "targets": ("a", "b")},
        "targets belong to regression with several values",
    ),
    "an unknown layout": ({"layout": "tree"}, "layout"),
    "a feature without a name": ({"features": ({"name": "", "kind": "number"},)}, "at least 1 character"),
    "an endless range": ({"features": ({"name": "a", "kind": "number", "maximum": float("inf")},)}, "finite number"),
}


@pytest.mark.parametrize(("changed", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_signature_that_cannot_be_right_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        signature(**changed)


def test_feature_of_a_matrix_may_be_called_like_an_output() -> None:
    assert signature(features=(number("value"),)).inputs[0].name == "X"


def test_numeric_model_has_one_matrix_as_input() -> None:
    assert matrix_signature(4).inputs == (TensorMetadata("X", Datatype.FP64, (-1, 4)),)


def test_mixed_model_has_one_input_per_feature_in_order() -> None:
    inputs = mixed_signature().inputs

    assert [(tensor.name, tensor.datatype) for tensor in inputs] == [
        ("age", Datatype.FP64),
        ("rooms", Datatype.INT64),
        ("floors", Datatype.FP64),
        ("garden", Datatype.BOOL),
        ("city", Datatype.BYTES),
        ("heating", Datatype.BYTES),
    ]
    assert {tensor.shape for tensor in inputs} == {(-1, 1)}


def test_regression_of_several_targets_gives_a_value_for_each() -> None:
    assert signature(targets=("a", "b", "c")).outputs == (TensorMetadata("value", Datatype.FP32, (-1, 3)),)


def test_regression_gives_one_value_per_row() -> None:
    assert matrix_signature().outputs == (TensorMetadata("value", Datatype.FP32, (-1, 1)),)


@pytest.mark.parametrize(
    ("labels", "datatype"),
    [((False, True), Datatype.BOOL), ((3, 7), Datatype.INT64), (("no", "yes"), Datatype.BYTES)],
    ids=["booleans", "numbers", "text"],
)
def test_label_keeps_the_type_of_the_training_data(labels: tuple[Any, ...], datatype: Datatype) -> None:
    label, probabilities = matrix_signature(labels=labels).outputs

    assert label == TensorMetadata("label", datatype, (-1,))
    assert probabilities == TensorMetadata("probabilities", Datatype.FP32, (-1, 2))


@MANY
@given(signatures())
def test_signature_written_as_json_is_read_back_equal(given_signature: Signature) -> None:
    read = Signature.model_validate_json(given_signature.model_dump_json())

    assert read == given_signature
    assert (read.inputs, read.outputs) == (given_signature.inputs, given_signature.outputs)
    assert [type(label) for label in read.labels or ()] == [type(label) for label in given_signature.labels or ()]


def test_classifier_without_probabilities_gives_the_label_alone() -> None:
    signature = Signature(
        task=Task.CLASSIFICATION,
        layout="matrix",
        features=(Feature(name="a", kind=Kind.NUMBER),),
        labels=("no", "yes"),
        has_probabilities=False,
    )

    assert [output.name for output in signature.outputs] == ["label"]


@for_each(
    "words, limits",
    {
        "open below": ("greater than 0", {"at_least": 5e-324}),
        "open at minus one": ("greater than -1", {"at_least": math.nextafter(-1, 0)}),
        "closed below": ("at least 0", {"at_least": 0.0}),
        "open above": ("less than 6", {"at_most": math.nextafter(6, 0)}),
        "both": ("at least 0 and at most 709.5", {"at_least": 0.0, "at_most": 709.5}),
        "some numbers": ("one of 1, 2.5", {"accepted": (1.0, 2.5)}),
        "none": ("", {}),
    },
)
def test_limits_of_a_feature_are_told_as_a_person_would_say_them(words: str, limits: dict[str, Any]) -> None:
    assert Feature(name="a", kind=Kind.NUMBER, **limits).limits == words


def test_changed_signature_derives_its_tensors_anew() -> None:
    before = matrix_signature()
    assert before.outputs[0].datatype is Datatype.FP32

    assert before.changed(double_values=True).outputs[0].datatype is Datatype.FP64
