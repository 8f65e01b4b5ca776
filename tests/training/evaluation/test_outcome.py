from dataclasses import replace

import numpy as np
import pytest

from slipway_training.errors import ConfigError
from slipway_training.evaluation.compared_models import ComparedModel, baseline
from slipway_training.evaluation.outcome import EvaluatedRows, evaluate
from slipway_training.evaluation.predictions import Predictions
from tests.training.evaluation.rows import QUICK, classifier, judged, regressor


def compared_model(rows: EvaluatedRows) -> ComparedModel:
    """One that has learnt nothing."""
    return baseline(rows.target, rows.held_out, rows.signature.task)


def test_declared_slices_are_each_category_and_quarter_with_its_interval() -> None:
    rows = judged()

    _, found = evaluate(rows, QUICK.model_copy(update={"slices": ("town", "age")}), compared_model(rows), None)

    assert [one.name for one in found.slices[:4]] == ["town = Bonn", "town = Lyon", "town = Oslo", "town = Turin"]
    assert sum(one.rows for one in found.slices[4:]) == len(rows.target)
    assert all(one.score.name == "accuracy" and one.score.interval for one in found.slices)


def test_slice_of_too_few_rows_is_not_judged() -> None:
    rows = judged(rows=100)

    _, found = evaluate(
        rows, QUICK.model_copy(update={"slices": ("town",), "slice_rows": 60}), compared_model(rows), None
    )

    assert found.slices == ()


def test_slice_by_a_column_that_is_not_there_names_the_one_that_was_meant() -> None:
    rows = judged()

    with pytest.raises(ConfigError, match=r"evaluation\.slices: the data has no column 'twon'; did you mean 'town'"):
        evaluate(rows, QUICK.model_copy(update={"slices": ("twon",)}), compared_model(rows), None)


def test_worse_slice_is_found_with_its_own_score() -> None:
    rows = judged(wrong=0.02)
    labels = np.where(rows.held_out["town"] == "Oslo", 1 - rows.target, rows.target)
    rows = replace(rows, predictions=Predictions(labels, rows.predictions.numbers))

    _, found = evaluate(rows, QUICK, compared_model(rows), None)

    worst = found.found_slices[0]
    assert (worst.name, worst.score.value) == ("town = Oslo", 0.0)
    assert worst.p_value is not None
    assert worst.p_value < 1e-9
    assert found.slices_tried > 20


def test_search_for_slices_can_be_switched_off() -> None:
    rows = judged(wrong=0.3)

    _, found = evaluate(rows, QUICK.model_copy(update={"find_slices": False}), compared_model(rows), None)

    assert (found.found_slices, found.slices_tried) == ((), 0)


def test_model_is_beside_one_that_has_learnt_nothing() -> None:
    rows = judged(wrong=0.1)

    metrics, found = evaluate(rows, QUICK, compared_model(rows), None)

    assert found.baseline is not None
    assert found.baseline.score is not None
    assert found.baseline.difference == pytest.approx(metrics[0].value - found.baseline.score.value)
    assert found.baseline.interval is not None
    assert found.baseline.interval[0] > 0.2
    assert found.champion is None


def test_slices_of_values_are_judged_by_their_distance() -> None:
    rows = judged()
    target, predictions = regressor(len(rows.target), 0.5, seed=0)
    signature = rows.signature.model_copy(update={"task": "regression", "labels": None})
    rows = EvaluatedRows(rows.learn, rows.held_out, target, predictions, signature)

    metrics, found = evaluate(rows, QUICK.model_copy(update={"slices": ("town",)}), compared_model(rows), None)

    assert metrics[0].name == "r2"
    assert {one.score.name for one in found.slices} == {"mean_absolute_error"}


def test_same_input_gives_the_same_evaluation() -> None:
    rows = judged()

    assert evaluate(rows, QUICK, compared_model(rows), None) == evaluate(rows, QUICK, compared_model(rows), None)


def test_metric_that_a_slice_cannot_have_leaves_the_slice_out() -> None:
    target, predictions = classifier(200, 0.1, seed=0)
    rows = judged(rows=200)
    town = rows.held_out["town"].where(target == 1, "Bonn")
    rows = replace(rows, held_out=rows.held_out.assign(town=town), target=target, predictions=predictions)
    config = QUICK.model_copy(update={"slices": ("town",), "metric": "roc_auc", "slice_rows": 10})

    _, found = evaluate(rows, config, compared_model(rows), None)

    assert [one.name for one in found.slices] == ["town = Bonn"]
