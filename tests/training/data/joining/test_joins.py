from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway_ml.errors import SlipwayError
from slipway_training.data.gathering import Gathered, gather
from slipway_training.errors import ConfigError, DataCheckFailed
from tests.training.orders import config_of, customers, orders, write_tables


def joined(folder: Path, left: pd.DataFrame | None = None, right: pd.DataFrame | None = None, **how: Any) -> Gathered:
    return gather(write_tables(folder, left, right, **how), lambda _step, _result: None)


def refusal(folder: Path, left: pd.DataFrame | None = None, right: pd.DataFrame | None = None, **how: Any) -> str:
    with pytest.raises(SlipwayError) as caught:
        joined(folder, left, right, **how)
    return str(caught.value)


def test_key_that_matches_nothing_is_the_wrong_key(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, right=customers().assign(id=lambda c: c["id"] + 1000))

    assert sentence == "source 'customers': its key (id) matches none of 120 rows; most likely it is the wrong key"


def test_fan_out_is_refused_with_what_it_would_have_made(tmp_path: Path) -> None:
    twice = pd.concat([customers(), customers().iloc[:2]])
    more = int(orders()["customer"].isin(twice["id"].iloc[-2:]).sum())

    sentence = refusal(tmp_path, right=twice)

    assert "2 of its keys (id) stand on more than one row (up to 2)" in sentence
    assert f"120 rows would fan out to {120 + more}" in sentence


def test_declared_fan_out_is_done(tmp_path: Path) -> None:
    bought = orders().drop_duplicates("customer")
    calls = pd.DataFrame({"id": sorted(bought["customer"]) * 2, "minutes": range(2 * len(bought))})

    gathered = joined(tmp_path, bought, calls, cardinality="one_to_many")

    assert gathered.rows["joined"] == 2 * len(bought)


@pytest.mark.parametrize(("how", "end"), [("left", "would be without its columns"), ("inner", "would be lost")])
def test_rows_without_a_partner_are_refused_with_their_count(tmp_path: Path, how: str, end: str) -> None:
    lost = int(orders()["customer"].isin(customers()["id"].iloc[:3]).sum())

    sentence = refusal(tmp_path, right=customers().iloc[3:], how=how)

    assert f"{lost} of 120 rows have no partner by the key (id) and {end}" in sentence
    assert f"unmatched = {-(-lost * 1000 // 120) / 1000}" in sentence


@pytest.mark.parametrize(("how", "is_kept"), [("left", True), ("inner", False)])
def test_rows_without_a_partner_may_be_accepted(tmp_path: Path, how: str, is_kept: bool) -> None:
    lost = int(orders()["customer"].isin(customers()["id"].iloc[:3]).sum())

    gathered = joined(tmp_path, right=customers().iloc[3:], how=how, unmatched=0.5)

    assert gathered.rows["customers_unmatched"] == lost
    assert gathered.rows["joined"] == (120 if is_kept else 120 - lost)


def test_second_row_of_a_customer_breaks_one_to_one(tmp_path: Path) -> None:
    assert "which cardinality = 'one_to_one' rules out" in refusal(tmp_path, cardinality="one_to_one")


def test_text_key_does_not_meet_numbers(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, right=customers().assign(id=lambda c: "c" + c["id"].astype(str)))

    assert "its key 'id' holds text, but 'customer' before it whole numbers" in sentence


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        ({"on": {"customer": "idd"}}, ConfigError, "its key 'idd' is no column that it has; did you mean 'id'?"),
        ({"on": {"custom": "id"}}, ConfigError, "its key 'custom' is no column that the tables before it have"),
        ({"rename": {"town": "price"}}, ConfigError, "the column 'price' is in a table before it too"),
        ({"columns": ["id", "towns"]}, ConfigError, "columns names the column 'towns', which it has not"),
        ({"path": "customer.parquet"}, DataCheckFailed, "there is no CSV or Parquet file at"),
        ({"path": "missing://customers.parquet"}, ConfigError, "its URL cannot be opened"),
        ({"path": "."}, DataCheckFailed, "CSV beside Parquet"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_config_that_does_not_fit_the_tables_is_named(
    tmp_path: Path, how: dict[str, Any], error: type[SlipwayError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        joined(tmp_path, **how)

    assert sentence in str(caught.value)


def test_three_tables_are_joined_one_after_the_other(tmp_path: Path) -> None:
    write_tables(tmp_path)
    pd.DataFrame({"town": ["Bern", "Köln", "Linz"], "people": [1.0, 2.0, 3.0]}).to_csv(tmp_path / "t.csv", index=False)
    config = config_of(
        tmp_path,
        {"name": "orders", "path": "orders"},
        {"name": "customers", "path": "customers.parquet", "on": {"customer": "id"}, "columns": ["id", "town"]},
        {"name": "towns", "path": "t.csv", "on": ["town"]},
    )

    frame = gather(config, lambda _step, _result: None).table.frame

    assert list(frame) == ["price", "town", "people"]
    assert dict(zip(frame["town"], frame["people"], strict=True)) == {"Bern": 1.0, "Köln": 2.0, "Linz": 3.0}


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 6), min_size=20, max_size=30), st.lists(st.integers(0, 6), min_size=1, max_size=8))
def test_accepted_join_is_what_pandas_joins_and_a_refused_one_is_not_clean(
    tmp_path: Path, left: list[int], right: list[int]
) -> None:
    first = pd.DataFrame({"k": left, "ordered": range(len(left)), "returned": [n % 2 for n in range(len(left))]})
    second = pd.DataFrame({"k": right, "v": [float(n) for n in range(len(right))]})
    first.to_parquet(tmp_path / "first.parquet")
    second.to_parquet(tmp_path / "second.parquet")
    config = config_of(
        tmp_path,
        {"name": "first", "path": "first.parquet"},
        {"name": "second", "path": "second.parquet", "on": ["k"]},
        drop=[],
    )
    is_clean = len(set(right)) == len(right) and set(left) <= set(right)

    try:
        frame = gather(config, lambda _step, _result: None).table.frame
    except DataCheckFailed:
        assert not is_clean
    else:
        assert is_clean
        assert frame["v"].tolist() == first.merge(second, on="k", how="left")["v"].tolist()
