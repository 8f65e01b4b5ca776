"""The user's own pipeline is asked about the very rows given, in the data types they have."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from slipway_ml.contract.manifest import manifest_from_json
from slipway_training.errors import DtypeDifference
from slipway_training.workflows.publish_fitted import publish
from tests.claims import for_each

RANDOM = np.random.default_rng(0)
QUICK: dict[str, dict[str, list[str]]] = {"optimize": {"candidates": []}}
ROWS = 1000


def float32_forest() -> tuple[Any, Any]:
    """A scaler before trees, whose thresholds lie on tenths: float32 and float64 rows fall on different sides."""
    learn = (RANDOM.integers(0, 50, (ROWS, 6)) * 2 / 10).astype(np.float32)
    rows = (RANDOM.integers(0, 100, (ROWS, 6)) / 10).astype(np.float32)
    target = (
        learn[:, 0] * learn[:, 1] + learn[:, 2] ** 2 > np.median(learn[:, 0] * learn[:, 1] + learn[:, 2] ** 2)
    ) * 1
    return make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=0)).fit(learn, target), rows


def test_float32_rows_with_other_predictions_than_over_http_are_not_published_unasked(tmp_path: Path) -> None:
    forest, rows = float32_forest()

    with pytest.raises(DtypeDifference) as refusal:
        publish(forest, rows, forest.predict(rows), name="m", models=tmp_path, settings=QUICK, report=False)

    assert "are float32 in X and float64 over HTTP; fit and predict with float64 columns" in str(refusal.value)
    assert refusal.value.exit_code == 3
    assert not (tmp_path / "m" / "1").exists()


def test_accepted_difference_of_data_types_is_in_the_manifest_with_count_and_reason(tmp_path: Path) -> None:
    forest, rows = float32_forest()

    version = publish(
        forest,
        rows,
        forest.predict(rows),
        name="m",
        models=tmp_path,
        settings=QUICK,
        report=False,
        accept_dtype_difference=True,
    )

    stored = manifest_from_json((tmp_path / "m" / "1" / "manifest.json").read_bytes())
    given = stored.parity.as_given
    assert given is not None
    assert (given.rows, stored.parity.label_flips) == (ROWS, 0)
    assert 0 < given.label_flips <= given.differing < ROWS
    assert given.reason == (
        "'x0', 'x1', 'x2', … are float32 in X and float64 over HTTP; accepted with accept_dtype_difference"
    )
    assert version.manifest.parity == stored.parity


def test_advice_to_fit_with_float64_columns_is_published_when_followed(tmp_path: Path) -> None:
    forest, rows = float32_forest()
    learn = RANDOM.integers(0, 50, (ROWS, 6)) / 5
    wide = forest.fit(learn, learn[:, 0] > learn[:, 1])

    version = publish(wide, rows.astype(np.float64), wide.predict(rows.astype(np.float64)), name="m",
                      models=tmp_path, settings=QUICK, report=False)  # fmt: skip

    given = version.manifest.parity.as_given
    assert given is not None
    assert (given.differing, given.reason) == (0, "")


def columns() -> dict[str, Any]:
    flags = RANDOM.random(ROWS) < 0.5
    zips = RANDOM.choice([10115, 20095, 80331], ROWS)
    gaps = np.arange(ROWS) % 9 == 0
    return {
        "booleans with NaN": pd.Series(flags.astype(object)).mask(gaps, np.nan),
        "booleans with None": pd.Series([None if gap else bool(flag) for gap, flag in zip(gaps, flags, strict=True)]),
        "booleans": pd.Series(flags),
        "zip codes": pd.Series(zips),
        "zip codes with gaps": pd.Series(zips.astype(float)).mask(gaps),
        "zip codes as text with gaps": pd.Series(zips.astype(str).astype(object)).mask(gaps, np.nan),
        "small integers": pd.Series((zips % 7).astype(np.uint8)),
    }


@for_each("column", columns())
def test_column_as_read_csv_makes_it_is_published_with_its_own_predictions(column: Any, tmp_path: Path) -> None:
    rows = pd.DataFrame({"a": RANDOM.normal(size=ROWS), "own": column})
    target = (rows["a"] > 0).astype(int)
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["own"]), remainder="passthrough")
    pipeline = make_pipeline(encode, LogisticRegression()).fit(rows, target)

    version = publish(pipeline, rows, target, name="m", models=tmp_path, settings=QUICK, report=False)

    given = version.manifest.parity.as_given
    assert given is not None
    assert (given.rows, given.differing) == (ROWS, 0)
