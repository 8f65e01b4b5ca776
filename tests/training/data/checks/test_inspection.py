from typing import Any

import numpy as np
import pytest

from slipway_ml.contract.signature import Task
from slipway_training.config import documents as configs
from slipway_training.config.model import TrainingConfig
from slipway_training.data import sources
from slipway_training.data.checks.inspection import inspect_split, inspect_table
from slipway_training.data.findings import stop
from slipway_training.data.splits import split
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError, DataCheckFailed
from tests.training.passengers import PASSENGERS
from tests.training.prepared import real_titanic, shipped
from tests.training.tables import config_for, table

N = 40
NOISE = np.random.default_rng(0).normal(size=N).tolist()
LABELS = [0, 1] * (N // 2)


def stop_at_table(rows: Table, config: TrainingConfig) -> None:
    stop(inspect_table(rows, config))


def stop_at_split(learn: Table, held_out: Table, config: TrainingConfig) -> None:
    stop(inspect_split(learn, held_out, config))


@pytest.mark.parametrize(
    ("target", "columns", "sentence"),
    [
        ([1] * N, {"a": NOISE}, "the target has one class only"),
        ([*LABELS[:-1], 2], {"a": NOISE}, "a class of the target has a single row"),
        (LABELS, {"a": NOISE, "b": [np.nan] * N}, "column 'b' is missing in every row; write data.drop = ['b']"),
        (LABELS, {"a": NOISE, "b": [""] * N}, "column 'b' is missing in every row; write data.drop = ['b']"),
        (LABELS, {"b": [f"text {i}" for i in range(N)]}, "column 'b' has another text in nearly every row"),
        (
            LABELS,
            {"label": NOISE, "b": ["x", "y"] * (N // 2)},
            "column 'label' has the name of one of the model's outputs",
        ),
        (LABELS[:10], {"a": NOISE[:10]}, "the data has 10 rows; at least 20 are needed"),
    ],
)
def test_worthless_table_is_refused(target: list[Any], columns: dict[str, list[Any]], sentence: str) -> None:
    with pytest.raises(DataCheckFailed) as refusal:
        stop_at_table(table(target, **columns), config_for())

    assert sentence in str(refusal.value)


def test_column_of_a_matrix_may_have_any_name() -> None:
    stop_at_table(table(LABELS, label=NOISE), config_for())


def test_constant_value_is_nothing_to_learn() -> None:
    config = config_for(task="regression", estimator={"type": "Ridge"})

    with pytest.raises(DataCheckFailed, match="the same value in every row"):
        stop_at_table(table([1.5] * N, a=NOISE), config)


@pytest.mark.parametrize("source", ["passengers", "the real list"])
def test_column_that_repeats_the_target_is_refused_by_name(source: str) -> None:
    path = PASSENGERS if source == "passengers" else real_titanic()
    config = configs.load("titanic", path, ["data.drop=[]"])
    learn, held_out = split(sources.load(config.data, config.task), config.split, config.task)

    with pytest.raises(DataCheckFailed, match=r"column 'alive' alone predicts.*write data.drop = \['alive'\]"):
        stop_at_split(learn, held_out, config)


def test_drop_line_keeps_what_was_dropped_before() -> None:
    config = configs.load("titanic", PASSENGERS, ['data.drop=["sex"]'])
    learn, held_out = split(sources.load(config.data, config.task), config.split, config.task)

    with pytest.raises(DataCheckFailed, match=r"write data.drop = \['sex', 'alive'\]"):
        stop_at_split(learn, held_out, config)


def test_number_that_gives_a_value_away_is_refused() -> None:
    values = np.arange(200, dtype=np.float64)
    whole = table(values.tolist(), twice=(2 * values).tolist(), noise=(values % 7).tolist())
    config = config_for(task="regression", estimator={"type": "Ridge"})
    learn, held_out = split(whole, config.split, Task.REGRESSION)

    with pytest.raises(DataCheckFailed, match="column 'twice' alone predicts"):
        stop_at_split(learn, held_out, config)


def test_honest_columns_pass() -> None:
    config = shipped("titanic")
    whole = sources.load(config.data, config.task)
    stop_at_table(whole, config)

    learn, held_out = split(whole, config.split, config.task)

    stop_at_split(learn, held_out, config)
    assert len(learn.target) + len(held_out.target) == len(whole.target)


def test_share_that_leaves_a_class_without_rows_is_refused() -> None:
    config = config_for(split={"test_size": 0.01})

    with pytest.raises(ConfigError, match=r"split\.test_size = 0\.01 leaves a class without rows on one side"):
        split(table([0, 1, 2] * 7, a=NOISE[:21]), config.split, config.task)


def test_category_of_held_out_rows_only_is_refused_when_unseen_ones_are() -> None:
    config = config_for(features={"unseen_categories": "refused"})
    learn, held_out = table(LABELS, a=["x", "y"] * 20), table(LABELS, a=["x", "z"] * 20)

    with pytest.raises(DataCheckFailed, match="column 'a' has a category in the held-out rows only"):
        stop_at_split(learn, held_out, config)


def test_column_without_training_values_is_refused() -> None:
    learn, held_out = table(LABELS, a=[np.nan] * N), table(LABELS, a=NOISE)

    with pytest.raises(DataCheckFailed, match="column 'a' is missing in every training row"):
        stop_at_split(learn, held_out, config_for())


def test_severity_of_a_check_is_the_configs_to_change() -> None:
    rows = table(LABELS * 2, a=NOISE * 2)
    findings = inspect_table(rows, config_for())
    strict = inspect_table(rows, config_for(data={"severities": {"duplicate_rows": "error"}}))

    assert [(f.check, f.severity, f.rows, f.of) for f in findings] == [("duplicate_rows", "warning", N, 2 * N)]
    with pytest.raises(DataCheckFailed, match="40 of 80 rows repeat another row in every column"):
        stop(strict)
    assert not inspect_table(rows, config_for(data={"severities": {"duplicate_rows": "ignore"}}))


def test_every_error_is_counted_and_the_first_is_told() -> None:
    empty = [np.nan] * N

    with pytest.raises(DataCheckFailed, match=r"column 'b' is missing .*\(and 1 more; slipway data check lists them\)"):
        stop_at_table(table(LABELS, a=NOISE, b=empty, c=empty), config_for())


def test_no_finding_quotes_a_value() -> None:
    rows = table(["secret-a", "secret-b"] * 20, a=["secret-c"] * 38 + ["secret-d", "secret-e"], b=[4711.0] * N)
    learn, held_out = rows.take(np.arange(0, 30)), rows.take(np.arange(10, N))

    found = [*inspect_table(rows, config_for()), *inspect_split(learn, held_out, config_for())]

    assert found
    assert not [f for f in found if "secret" in f.message + f.remedy or "4711" in f.message + f.remedy]
