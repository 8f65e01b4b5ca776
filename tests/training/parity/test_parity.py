import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, numpy_helper

from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ParityError
from slipway_training.evaluation.predictions import compare, predict_with_pipeline, predict_with_session
from slipway_training.parity.parity import prove
from tests.training.prepared import MODELS, Prepared, prepared
from tests.training.usual_export import plain_export, wrong_rows


@pytest.mark.parametrize("name", MODELS)
def test_shipped_model_says_what_scikit_learn_says(name: str) -> None:
    model = prepared(name)

    parity = prove(model.graph.SerializeToString(), model.expected, model.signature, model.config.parity)

    assert parity.label_flips == 0
    assert parity.rows == len(model.held_out.target)
    assert parity.edge_rows > 100
    assert parity.largest_difference <= 1e-5


def test_usual_export_of_the_forest_fails_the_same_check() -> None:
    """The negative control: a scaler in float32 before trees is wrong on real rows and flips labels near thresholds."""
    model = prepared("cancer_forest")

    usual = wrong_rows(plain_export(model.pipeline, model.signature), model.expected, model.signature, 1e-5)
    ours = wrong_rows(model.graph, model.expected, model.signature, 1e-5)

    assert usual.held_out >= 1
    assert usual.edge > 1000
    assert usual.label_flips > 10
    assert (ours.held_out, ours.edge, ours.label_flips) == (0, 0, 0)


def test_usual_export_is_refused_for_its_inputs_already() -> None:
    model = prepared("cancer_forest")
    usual = plain_export(model.pipeline, model.signature).SerializeToString()

    with pytest.raises(ParityError, match="step parity: the exported graph has other inputs or outputs"):
        prove(usual, model.expected, model.signature, model.config.parity)


def test_bytes_that_are_no_graph_are_refused() -> None:
    model = prepared("breast_cancer")

    with pytest.raises(ParityError, match="step parity: onnxruntime cannot run the exported graph"):
        prove(b"no graph", model.expected, model.signature, model.config.parity)


def test_numbers_out_of_tolerance_are_refused_with_the_key_to_change() -> None:
    model = prepared("diabetes")
    strict = model.config.parity.model_copy(update={"tolerance": 1e-9})

    with pytest.raises(ParityError, match="step parity: "):
        prove(model.graph.SerializeToString(), model.expected, model.signature, strict)


def test_one_threshold_that_is_one_step_of_float64_off_is_found() -> None:
    model = prepared("cancer_forest")

    with pytest.raises(ParityError, match="step parity: "):
        prove(shifted(model.graph), model.expected, model.signature, model.config.parity)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(-3, 3))
def test_forest_agrees_on_float64_rows_around_its_thresholds(seed: int, steps: int) -> None:
    model = prepared("cancer_forest")
    random = np.random.default_rng(seed)
    edges = model.expected.frame.iloc[model.expected.held_out :].to_numpy()
    mixed = edges[random.integers(len(edges), size=(20, 1)), np.arange(edges.shape[1])]
    rows = mixed + steps * np.spacing(mixed)

    assert agree(model, pd.DataFrame(rows, columns=model.held_out.frame.columns))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_passengers_of_any_kind_get_the_same_answer(data: st.DataObject) -> None:
    model = prepared("titanic")
    numbers = st.floats(-1e6, 1e6) | st.just(float("nan"))
    row = {
        "pclass": float(data.draw(st.integers(-5, 5))),
        "sex": data.draw(st.sampled_from(["male", "female", "", "other"])),
        "age": data.draw(numbers),
        "sibsp": float(data.draw(st.integers(0, 9))),
        "fare": data.draw(st.floats(-1e6, 1e6)),
        "embarked": data.draw(st.text(max_size=3)),
        "deck": data.draw(st.sampled_from(["A", "B", "", "Z"])),
        "adult_male": float(data.draw(st.booleans())),
        "alone": float(data.draw(st.booleans())),
    }

    assert agree(model, pd.DataFrame({name: pd.Series([cell]) for name, cell in row.items()}))


def agree(model: Prepared, frame: pd.DataFrame) -> bool:
    """Whether graph and pipeline give the same labels and numbers."""
    task = model.signature.task
    session = OnnxSession(model.graph.SerializeToString())
    given_predictions = predict_with_session(session, to_tensors(frame, model.signature), task)
    differences = compare(predict_with_pipeline(model.pipeline, frame, task), given_predictions)
    return not differences.flips.any() and differences.largest <= 1e-5


def shifted(graph: ModelProto) -> bytes:
    """The graph with the first threshold a step further."""
    wrong = ModelProto()
    wrong.CopyFrom(graph)
    values = next(own for own in wrong.graph.node[0].attribute if own.name == "nodes_values_as_tensor").t
    thresholds = numpy_helper.to_array(values).copy()
    thresholds[0] = np.nextafter(thresholds[0], np.inf)
    values.CopyFrom(numpy_helper.from_array(thresholds))
    model: bytes = wrong.SerializeToString()
    return model
