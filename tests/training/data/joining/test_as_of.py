"""Joins as of a time: the last value known then, beside pandas' merge_asof."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway_ml.errors import SlipwayError
from slipway_training.config.documents import parse
from slipway_training.config.sources import SourceConfig
from slipway_training.data.engine import connect
from slipway_training.data.joining.joins import join
from slipway_training.data.joining.views import make_view
from slipway_training.errors import ConfigError

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=30)


def joined(folder: Path, left: pd.DataFrame, right: pd.DataFrame, **how: Any) -> pd.DataFrame:
    """The rows of `left` with what `right` knew at their time."""
    left.to_parquet(folder / "visits.parquet")
    right.to_parquet(folder / "scores.parquet")
    sources = (
        SourceConfig(name="visits", path="visits.parquet"),
        SourceConfig.model_validate({"name": "scores", "path": "scores.parquet", "unmatched": 1.0, **how}),
    )
    with connect() as connection:
        tables = {s.name: make_view(connection, s, [str(folder / f"{s.name}.parquet")]) for s in sources}
        return connection.execute(join(connection, sources, tables).query).fetch_df()


def refusal(folder: Path, left: pd.DataFrame, right: pd.DataFrame, **how: Any) -> str:
    with pytest.raises(SlipwayError) as caught:
        joined(folder, left, right, **how)
    return str(caught.value)


def visits(*times: object) -> pd.DataFrame:
    return pd.DataFrame({"who": 1, "seen": list(times)})


def scores(*times: object) -> pd.DataFrame:
    return pd.DataFrame({"who": 1, "since": list(times), "score": np.arange(len(times), dtype=float)})


AS_OF = {"left": "seen", "right": "since"}


def moments(hours: "pd.Series[int]") -> "pd.Series[Any]":
    return pd.Series([START + dt.timedelta(hours=int(hour)) for hour in hours], dtype="datetime64[us, UTC]")


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=ROWS, known=ROWS, are_dates=st.booleans(), exact=st.booleans(), tolerance=st.sampled_from([None, 1, 5]))
def test_join_is_that_of_merge_asof(
    tmp_path: Path,
    before: list[tuple[int, int]],
    known: list[tuple[int, int]],
    are_dates: bool,
    exact: bool,
    tolerance: int | None,
) -> None:
    left = pd.DataFrame(before, columns=["who", "seen"]).assign(row=range(len(before)))
    right = pd.DataFrame(sorted(set(known)), columns=["who", "since"]).sample(frac=1, random_state=0)
    right = right.reset_index(drop=True).assign(score=np.arange(len(set(known)), dtype=float))
    if are_dates:
        left, right = left.assign(seen=moments(left.seen)), right.assign(since=moments(right.since))
    span = tolerance if tolerance is None or not are_dates else pd.Timedelta(hours=tolerance)
    wanted = pd.merge_asof(
        left.sort_values("seen", kind="stable"),
        right.sort_values("since"),
        left_on="seen",
        right_on="since",
        by="who",
        allow_exact_matches=exact,
        tolerance=span,
    ).sort_values("row")
    written: dict[str, Any] = {**AS_OF, "allow_exact_matches": exact}
    if tolerance is not None:
        written["tolerance"] = f"{tolerance} hours" if are_dates else tolerance
    if wanted["score"].isna().all():
        assert "matches none of" in refusal(tmp_path, left, right, on=["who"], as_of=written)
        return

    found = joined(tmp_path, left, right, on=["who"], as_of=written)

    assert found["row"].tolist() == wanted["row"].tolist()
    assert np.array_equal(found["score"].to_numpy(float), wanted["score"].to_numpy(float), equal_nan=True)


def test_row_of_the_future_is_never_used(tmp_path: Path) -> None:
    left = visits("2026-03-01", "2026-03-02T12:00:00+02:00", "2026-03-03")
    right = scores("2026-03-02T10:00:00.5Z", "2026-03-02T09:59:59Z", "2027-01-01")

    found = joined(tmp_path, left, right, on=["who"], as_of=AS_OF)

    assert np.array_equal(found["score"].to_numpy(float), [np.nan, 1.0, 0.0], equal_nan=True)


def test_fraction_of_a_second_tells_what_was_known(tmp_path: Path) -> None:
    left = visits(*pd.to_datetime(["2026-03-01T12:00:00.100"]))
    right = scores(*pd.to_datetime(["2026-03-01T12:00:00.900", "2026-03-01T12:00:00.050"]))

    assert joined(tmp_path, left, right, on=["who"], as_of=AS_OF)["score"].tolist() == [1.0]


def test_inner_join_leaves_out_rows_to_which_nothing_was_known(tmp_path: Path) -> None:
    found = joined(tmp_path, visits(1, 2, 9), scores(2), how="inner", on=["who"], as_of={**AS_OF, "tolerance": 3})

    assert found["seen"].tolist() == [2]


def test_table_without_a_key_is_joined_by_its_time_alone(tmp_path: Path) -> None:
    found = joined(tmp_path, visits(1, 2, 9), scores(1, 5).drop(columns="who"), as_of=AS_OF)

    assert found["score"].tolist() == [0.0, 0.0, 1.0]
    assert "since" not in found


@pytest.mark.parametrize(
    ("left", "right", "how", "sentence"),
    [
        (visits(1), scores(0, 0), {}, "1 of its keys and times (who, since) stand on more than one row (up to 2)"),
        (visits(0), scores(1), {}, "its key (who, as of seen) matches none of 1 rows"),
        (visits(0, 2), scores(1), {"unmatched": 0.1}, "1 of 2 rows have no partner by the key (who, as of seen)"),
        (visits("01.02.2026"), scores("2026-01-01"), {}, "1 of the rows before it have in 'seen'"),
        (visits("2026-01-01"), scores("spring"), {}, "1 of its rows have in 'since'"),
        (visits("2026-01-01"), scores(1), {}, "one of as_of.left and as_of.right holds numbers and the other text"),
        (visits(1), scores(1).rename(columns={"since": "sinc"}), {}, "as_of.right = 'since' is no column that it has"),
        (visits(1), scores(1), {"as_of": {**AS_OF, "tolerance": "3 days"}}, "as_of.tolerance must be a number"),
    ],
)
def test_join_that_cannot_be_right_is_refused_with_counts(
    tmp_path: Path, left: pd.DataFrame, right: pd.DataFrame, how: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(tmp_path, left, right, **{"on": ["who"], "as_of": AS_OF, **how})


def test_as_of_finds_one_row_for_each() -> None:
    sources = [
        {"name": "visits", "path": "a.csv"},
        {"name": "scores", "path": "b.csv", "on": ["who"], "as_of": AS_OF, "cardinality": "one_to_many"},
    ]
    document = {"name": "m", "task": "regression", "data": {"target": "y", "sources": sources}}

    with pytest.raises(ConfigError, match="as_of finds one row for each"):
        parse({**document, "estimator": {"type": "Ridge"}})
