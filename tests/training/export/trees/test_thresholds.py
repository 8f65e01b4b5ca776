from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from slipway_training.export.trees.ensemble import Floats
from slipway_training.export.trees.thresholds import fold, last_at_or_below

ROWS = np.random.default_rng(0).lognormal(3, 1, (300, 4)) * [1, 1e-3, 1e5, 1] + [0, 0, 1e6, -20]
STEPS = [
    StandardScaler(),
    MinMaxScaler(clip=True),
    MaxAbsScaler(),
    RobustScaler(),
    QuantileTransformer(n_quantiles=50),
    QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    PowerTransformer(),
    SimpleImputer(),
    KBinsDiscretizer(5, encode="ordinal", quantile_method="averaged_inverted_cdf"),
]


@given(st.floats(-1e38, 1e38))
def test_last_float64_at_or_below_is_the_last_whose_float32_is(threshold: float) -> None:
    (last,) = last_at_or_below(np.array([threshold]))

    assert float(np.float32(last)) <= threshold
    assert float(np.float32(np.nextafter(last, np.inf))) > threshold


def test_threshold_without_end_stays_so() -> None:
    assert last_at_or_below(np.array([np.inf, -np.inf])).tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("is_single", [True, False])
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_folded_threshold_parts_the_raw_rows_as_the_transformer_does(step: Any, is_single: bool) -> None:
    step.fit(ROWS)
    columns, thresholds = between(step.transform(ROWS))

    folded = fold(step.transform, 4, columns, thresholds, is_single=is_single)

    assert folded is not None
    raw = np.concatenate([step_by(folded, apart) for apart in (-3, -1, 0, 1, 2)])
    expected = below(step, raw, np.tile(columns, 5), np.tile(thresholds, 5), is_single=is_single)
    assert np.array_equal(raw <= np.tile(folded, 5), expected)


def test_transformer_that_falls_somewhere_is_not_folded() -> None:
    def wave(rows: Floats) -> Floats:
        return np.where(np.abs(rows) > 10, rows, np.sin(rows.view(np.int64) % 7))  # no two neighbours alike

    assert fold(wave, 1, np.zeros(1, dtype=np.int64), np.array([0.3]), is_single=False) is None


def test_transformer_with_answers_above_zero_alone_is_folded() -> None:
    step = PowerTransformer(method="box-cox").fit(np.abs(ROWS) + 1)
    columns, thresholds = between(step.transform(np.abs(ROWS) + 1))

    folded = fold(step.transform, 4, columns, thresholds, is_single=True)

    assert folded is not None
    assert np.all(folded > 0)


def between(seen: Floats) -> tuple[Any, Floats]:
    """A few thresholds for each column, as trees choose them: halfway between neighbours."""
    values = np.sort(seen, axis=0)[[20, 21, 150, 151, 280, 281]]
    halves = (values[::2] + values[1::2]) / 2
    return np.tile(np.arange(4), len(halves)), halves.ravel()


def step_by(values: Floats, steps: int) -> Floats:
    """So many float64 further."""
    largest = np.finfo(np.float64).max
    for _ in range(abs(steps)):
        values = np.nextafter(values, largest if steps > 0 else -largest)
    return np.clip(values, -largest, largest)


def below(step: Any, raw: Floats, columns: Any, thresholds: Floats, *, is_single: bool) -> Any:
    """What an estimator behind the transformer finds, asked with whole rows."""
    rows = np.tile(ROWS[:1], (len(raw), 1))
    rows[np.arange(len(raw)), columns] = raw
    with np.errstate(over="ignore"):
        seen = step.transform(rows)[np.arange(len(raw)), columns]
        return (seen.astype(np.float32) if is_single else seen) <= thresholds
