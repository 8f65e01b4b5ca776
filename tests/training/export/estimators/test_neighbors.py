from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ConversionError
from slipway_training.evaluation.predictions import (
    Differences,
    compare,
    predict_with_pipeline,
    predict_with_session,
    spread_of,
)
from slipway_training.export.onnx_export import export
from slipway_training.workflows.signature_inference import infer

CANCER, IRIS = load_breast_cancer(return_X_y=True), load_iris(return_X_y=True)
TEXT = (CANCER[0], np.array(["bad", "good"])[CANCER[1]])
CASES: dict[str, tuple[Any, Any]] = {
    "few columns": (KNeighborsClassifier(weights="distance"), IRIS),
    "many columns": (KNeighborsClassifier(7, weights="distance"), CANCER),
    "scaled, text": (make_pipeline(StandardScaler(), KNeighborsClassifier(weights="distance")), TEXT),
    "city blocks": (KNeighborsClassifier(3, weights="distance", p=1), CANCER),
}


def differences(estimator: Any, learn: tuple[Any, Any], held_out: tuple[Any, Any]) -> Differences:
    """Between the graph and scikit-learn, on the rows held out."""
    found = infer(estimator.fit(*learn), *learn, held_out, ())
    expected = predict_with_pipeline(found.pipeline, found.held_out, found.signature.task)
    graph = OnnxSession(export(found.pipeline, found.signature).SerializeToString())
    given = predict_with_session(graph, to_tensors(found.held_out, found.signature), found.signature.task)
    return compare(expected, given, spread_of(expected))


@pytest.mark.parametrize("name", CASES)
def test_nearer_neighbours_count_more_and_a_row_that_was_learnt_alone(name: str) -> None:
    estimator, (rows, target) = CASES[name]

    found = differences(estimator, (rows[::2], target[::2]), (rows, target))

    assert not found.flips.any()
    assert found.largest < 1e-5


def test_weights_that_are_a_function_are_refused() -> None:
    rows, target = IRIS
    found = infer(KNeighborsClassifier(weights=np.exp).fit(rows, target), rows, target, None, ())

    with pytest.raises(ConversionError, match="weights that are a function, which no graph can call; use 'distance'"):
        export(found.pipeline, found.signature)


@pytest.mark.parametrize("outlier", ["most_frequent", 2])
def test_row_without_a_neighbour_in_the_radius_gets_the_label_of_outliers(outlier: Any) -> None:
    rows, target = IRIS
    far = np.vstack([rows, rows + 100.0])
    estimator = RadiusNeighborsClassifier(0.553, outlier_label=outlier)

    found = differences(estimator, (rows[::2], target[::2]), (far, np.tile(target, 2)))

    assert not found.flips.any()
    assert found.largest < 1e-6


def test_radius_without_a_label_for_outliers_is_refused_with_the_way_out() -> None:
    rows, target = IRIS
    found = infer(RadiusNeighborsClassifier(3.0).fit(rows, target), rows, target, None, ())

    with pytest.raises(ConversionError, match="set outlier_label='most_frequent', or use KNeighborsClassifier"):
        export(found.pipeline, found.signature)
