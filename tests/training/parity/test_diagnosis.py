from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, StandardScaler

from slipway_training.candidate import check_parity
from slipway_training.config.proof import ParityConfig
from slipway_training.errors import ParityError
from slipway_training.parity.diagnosis import first_difference
from slipway_training.workflows.signature_inference import infer
from tests.training.drawn_pipelines import table


def named(first: Any, last: Any) -> str:
    rows, target = table(0, "integers", has_missing=False)
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(StandardScaler(), *first), ["size", "price"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["city"]),
            ("note", CountVectorizer(), "note"),
        ],
        sparse_threshold=0,
    )
    found = infer(make_pipeline(columns, last).fit(rows, target), rows, target, None, ())
    return first_difference(found.pipeline, found.signature, found.held_out)


@pytest.mark.parametrize("step", [PCA(2), PowerTransformer()], ids=str)
def test_first_step_whose_numbers_differ_is_named_however_deep_it_stands(step: Any) -> None:
    clause = named([step], LogisticRegression(max_iter=300))

    assert clause.startswith(f"step columntransformer.numbers.{type(step).__name__.lower()} ({type(step).__name__}) is")
    assert clause.endswith(": replace that step")


def test_estimator_is_named_where_every_step_agrees_to_the_last_bit() -> None:
    assert "every step before KNeighborsClassifier agrees to the last bit" in named([], KNeighborsClassifier())


def test_pipeline_of_one_estimator_names_it() -> None:
    rows = np.arange(40.0).reshape(20, 2)
    found = infer(LogisticRegression().fit(rows, rows[:, 0] > 20), rows, rows[:, 0] > 20, None, ())

    assert "LogisticRegression" in first_difference(found.pipeline, found.signature, found.held_out)


def test_refusal_by_the_proof_ends_with_the_suspect() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    found = infer(LogisticRegression().fit(rows, rows[:, 0] > 0), rows, rows[:, 0] > 0, None, ())

    with pytest.raises(ParityError, match=r"^step parity: .*before LogisticRegression .* the difference begins there$"):
        check_parity(found, ParityConfig(tolerance=1e-18))


def test_neighbours_that_are_equally_far_are_named_as_what_scikit_learn_leaves_to_chance() -> None:
    rows = np.random.default_rng(0).integers(0, 3, (80, 4)).astype(float)
    found = infer(KNeighborsClassifier().fit(rows, rows[:, 0] > 1), rows, rows[:, 0] > 1, None, ())

    clause = first_difference(found.pipeline, found.signature, found.held_out)

    assert " rows have the last neighbour that counts and the next one equally far" in clause
    assert clause.endswith("scale the columns, so that distances differ")
