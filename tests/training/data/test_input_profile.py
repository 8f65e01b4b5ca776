"""What is kept of the training rows for a server to compare with."""

import numpy as np
import pandas as pd
import pytest

from slipway_ml.contract.profile import FeatureProfile
from slipway_ml.contract.signature import Kind, Task
from slipway_training.config.features import FeaturesConfig
from slipway_training.data.input_profile import profile_of
from slipway_training.data.schema import assemble, describe_column
from slipway_training.data.table import missing

DAYS = [f"{1 + n % 28:02d}.{1 + n % 12:02d}.2026" for n in range(60)]
KINDS = {
    "size": Kind.NUMBER,
    "count": Kind.INTEGER,
    "flag": Kind.BOOLEAN,
    "cut": Kind.CATEGORY,
    "day": Kind.CATEGORY,
    "seen": Kind.CATEGORY,
    "note": Kind.CATEGORY,
    "words": Kind.CATEGORY,
}
ROWS = pd.DataFrame(
    {
        "size": [np.nan, *np.linspace(1, 3, 59)],
        "count": [float(n % 5) for n in range(60)],
        "flag": [1.0, 0.0] * 30,
        "cut": [""] + ["Ideal"] * 50 + ["Good"] * 5 + ["Fair"] * 4,
        "day": DAYS,
        "seen": [f"2026-{1 + n % 12:02d}-{1 + n % 28:02d} 10:{n:02d}" for n in range(60)],
        "note": [f"person {n}" for n in range(60)],
        "words": ["a b", "a"] * 30,
    }
)
FEATURES = FeaturesConfig.model_validate(
    {"columns": {"day": {"encode": "date", "order": "dmy"}, "words": {"encode": "text"}}}
)


def profiled() -> dict[str, FeatureProfile]:
    described = [
        describe_column(name, kind, ROWS[name], nullable=bool(missing(ROWS[name]).any()))
        for name, kind in KINDS.items()
    ]
    profile = profile_of(assemble(Task.REGRESSION, tuple(described), None), ROWS, FEATURES)
    assert profile.rows == 60
    return {one.name: one for one in profile.features}


def test_numbers_have_count_range_mean_and_deviation() -> None:
    size = profiled()["size"]

    assert (size.count, size.minimum, size.maximum) == (59, 1.0, 3.0)
    assert size.mean == pytest.approx(2.0)
    assert size.standard_deviation == pytest.approx(np.linspace(1, 3, 59).std())
    assert (profiled()["count"].minimum, profiled()["flag"].mean) == (0.0, 0.5)


def test_category_of_fewer_than_five_rows_is_not_kept_and_free_text_never() -> None:
    found = profiled()

    assert found["cut"].categories == {"Good": 5, "Ideal": 50}
    assert found["cut"].count == 59
    assert found["note"] == FeatureProfile(name="note", count=60)
    assert found["words"].categories is None


def test_form_of_dates_is_kept_and_whether_the_model_reads_them() -> None:
    found = profiled()

    assert (found["day"].date_form, found["day"].is_parsed, found["day"].categories) == ("dmy", True, None)
    assert (found["seen"].date_form, found["seen"].is_parsed) == ("ymd", False)


def test_spread_that_no_float_can_hold_leaves_the_number_unchecked() -> None:
    rows = pd.DataFrame({"a": [-1.7e308, 1.7e308]})
    signature = assemble(Task.REGRESSION, (describe_column("a", Kind.NUMBER, rows["a"], nullable=False),), None)

    (found,) = profile_of(signature, rows).features

    assert (found.minimum, found.standard_deviation, found.bounds) == (-1.7e308, None, None)
