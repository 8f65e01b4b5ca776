import numpy as np
import pandas as pd
import pytest

from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.evaluation.importances import importances
from slipway_training.evaluation.predictions import Predictions

CONFIG = EvaluationConfig()


def by_sign_of_self(frame: pd.DataFrame) -> Predictions:
    """A model that reads one column alone."""
    says = (frame["self"] > 0).to_numpy().astype(int)
    return Predictions(says, np.eye(2)[says])


def rows(count: int) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"other": random.normal(size=count), "self": random.normal(size=count)})
    return frame, (frame["self"] > 0).to_numpy().astype(int)


def test_column_that_the_model_reads_matters_and_the_other_does_not() -> None:
    found, asked = importances(by_sign_of_self, *rows(400), CONFIG, (0, 1))

    assert [one.column for one in found] == ["self", "other"]
    assert found[0].mean == pytest.approx(0.5, abs=0.1)
    assert found[0].lowest <= found[0].mean <= found[0].highest
    assert (found[1].mean, asked) == (0.0, 400)


def test_rows_asked_are_bounded_and_the_same_each_time() -> None:
    frame, target = rows(30_000)

    first, again = (importances(by_sign_of_self, frame, target, CONFIG, (0, 1)) for _ in range(2))

    assert first == again
    assert first[1] == 2000


def test_nothing_is_said_where_the_metric_needs_a_class_that_is_not_there() -> None:
    frame, _ = rows(60)

    found, _ = importances(by_sign_of_self, frame, np.zeros(60, dtype=int), EvaluationConfig(metric="roc_auc"), (0, 1))

    assert found == ()
