from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Fitted, examine
from slipway_training.config import documents as configs
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ParityError
from slipway_training.evaluation.predictions import compare, predict_with_pipeline, predict_with_session, spread_of
from slipway_training.export.onnx_export import export
from slipway_training.parity.neighbor_ties import decided, refuse_neighbor_ties, tied
from slipway_training.progress import UNDER_WAY
from slipway_training.workflows.signature_inference import infer

WHOLE = np.random.default_rng(0).integers(0, 3, (300, 4)).astype(float)
"""Small whole numbers, of which many are equally far from one another."""
FRACTIONS = np.random.default_rng(0).normal(size=(300, 4))
TARGET = np.random.default_rng(1).integers(0, 3, 300)


def fitted(estimator: Any, rows: NDArray[np.float64], target: Any = TARGET) -> Fitted:
    return infer(estimator.fit(rows[:200], target[:200]), rows[:200], target[:200], (rows[200:], target[200:]), ())


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsClassifier(),
        KNeighborsClassifier(3, weights="distance"),
        KNeighborsClassifier(algorithm="brute"),
        make_pipeline(StandardScaler(), KNeighborsClassifier(7)),
        KNeighborsRegressor(),
    ],
    ids=["five", "by distance", "by all", "scaled", "values"],
)
def test_rows_decided_by_ties_are_those_that_the_graph_answers_otherwise(estimator: Any) -> None:
    found = fitted(estimator, WHOLE)
    graph = OnnxSession(export(found.pipeline, found.signature).SerializeToString())
    expected = predict_with_pipeline(found.pipeline, found.held_out, found.signature.task)
    given = predict_with_session(graph, to_tensors(found.held_out, found.signature), found.signature.task)

    is_decided = decided(found.pipeline, found.held_out)

    differs = compare(expected, given, spread_of(expected)).change > 1e-5
    assert is_decided.any()
    assert np.array_equal(is_decided, differs)


def test_refusal_says_how_many_rows_and_what_to_do() -> None:
    found = fitted(KNeighborsClassifier(), WHOLE)

    with pytest.raises(ParityError, match=r"of 100 rows .* KNeighborsClassifier's choice .* scale the columns"):
        refuse_neighbor_ties(found.pipeline, found.held_out)


def test_refusal_comes_before_anything_else_is_done() -> None:
    found, steps = fitted(KNeighborsClassifier(), WHOLE), []
    config = configs.for_fitted({"name": "ties", "task": found.signature.task})

    with pytest.raises(ParityError, match="no graph can repeat"):
        examine(found, config, lambda step, _result: steps.append(step))

    assert set(steps) <= {UNDER_WAY}


def test_ties_whose_targets_are_alike_decide_nothing() -> None:
    found = fitted(KNeighborsClassifier(), WHOLE, (WHOLE[:, 0] >= 0).astype(int))

    refuse_neighbor_ties(found.pipeline, found.held_out)

    assert tied(found.pipeline, found.held_out) > 50


@pytest.mark.parametrize("estimator", [KNeighborsClassifier(), LogisticRegression()])
def test_fractions_and_other_estimators_have_no_ties(estimator: Any) -> None:
    found = fitted(estimator, FRACTIONS)

    assert not decided(found.pipeline, found.held_out).any()
