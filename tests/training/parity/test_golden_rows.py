import pytest

from slipway_ml.contract.manifest import GoldenRows
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_frame, to_tensors
from slipway_training.evaluation.predictions import predict_with_pipeline, predict_with_session
from slipway_training.parity.golden_rows import ROWS, golden_rows
from tests.training.prepared import MODELS, prepared


def golden(name: str) -> GoldenRows:
    model = prepared(name)
    return golden_rows(OnnxSession(model.graph.SerializeToString()), model.signature)


@pytest.mark.parametrize("name", MODELS)
def test_golden_rows_are_answered_alike_by_scikit_learn(name: str) -> None:
    model, rows = prepared(name), golden(name)
    frame = to_frame([row.row for row in rows.rows], model.signature)

    predictions = predict_with_pipeline(model.pipeline, frame, model.signature.task)

    assert len(rows.rows) == ROWS
    wanted = [row.probabilities or (row.value,) for row in rows.rows]
    assert predictions.numbers.tolist() == [pytest.approx(numbers, abs=10 * rows.tolerance) for numbers in wanted]
    assert predictions.labels is None or predictions.labels.tolist() == [row.label for row in rows.rows]


@pytest.mark.parametrize("name", MODELS)
def test_golden_rows_give_the_same_answers_as_one_batch(name: str) -> None:
    model, rows = prepared(name), golden(name)
    tensors = to_tensors(to_frame([row.row for row in rows.rows], model.signature), model.signature)

    predictions = predict_with_session(OnnxSession(model.graph.SerializeToString()), tensors, model.signature.task)

    wanted = [row.probabilities or (row.value,) for row in rows.rows]
    assert predictions.numbers.tolist() == [pytest.approx(numbers, abs=rows.tolerance) for numbers in wanted]


def test_no_golden_row_is_a_row_of_the_data() -> None:
    model = prepared("titanic")
    known = {tuple(row) for row in model.learn.frame.itertuples(index=False)}

    rows = to_frame([row.row for row in golden("titanic").rows], model.signature)

    assert known.isdisjoint(tuple(row) for row in rows.itertuples(index=False))


def test_a_golden_row_lacks_everything_that_may_be_missing() -> None:
    nullable = {feature.name for feature in prepared("titanic").signature.features if feature.nullable}

    emptiest = max((row.row for row in golden("titanic").rows), key=lambda row: list(row.values()).count(None))

    assert nullable == {"age", "embarked", "deck"}
    assert {name for name, cell in emptiest.items() if cell is None} == nullable


def test_golden_rows_show_more_than_one_label_and_none_that_is_close() -> None:
    rows = golden("digits").rows

    ranked = [sorted(row.probabilities or ()) for row in rows]
    assert len({row.label for row in rows}) >= 4
    assert all(first - second >= 0.05 for *_, second, first in ranked)
