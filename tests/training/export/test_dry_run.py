"""Whether a pipeline will export is tried on a few rows, before long work begins."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import Isomap
from sklearn.pipeline import make_pipeline

from slipway_training.data.schema import describe
from slipway_training.errors import ConversionError
from slipway_training.export.dry_run import few_rows, try_export
from tests.training.tables import config_for, table

ROWS = np.random.default_rng(0).normal(size=(900, 3))
TARGET = (np.arange(900) == 17).astype(int) + (np.arange(900) == 401).astype(int)
TABLE = table(TARGET.tolist(), **{name: ROWS[:, place].tolist() for place, name in enumerate("abc")})
SIGNATURE = describe(TABLE, TABLE, config_for())


def tried(pipeline: object) -> bool:
    return try_export(pipeline, SIGNATURE, pd.DataFrame(ROWS, columns=["a", "b", "c"]), TARGET)


def test_rare_class_is_among_the_few_rows() -> None:
    chosen = few_rows(TARGET, has_classes=True)

    assert {17, 401} <= set(chosen.tolist())
    assert np.all(np.diff(chosen) > 0)
    assert len(chosen) < 520


def test_pipeline_of_a_rare_class_is_tried() -> None:
    assert tried(make_pipeline(LogisticRegression()))


def test_pipeline_that_a_few_rows_cannot_fit_is_left_to_the_fit() -> None:
    assert not tried(make_pipeline(PCA(600), LogisticRegression()))


def test_step_without_an_exact_form_is_refused_by_name() -> None:
    with pytest.raises(ConversionError, match="no ONNX converter is available for Isomap; use"):
        tried(make_pipeline(Isomap(), LogisticRegression()))
