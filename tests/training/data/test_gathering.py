from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slipway_ml.contract.signature import Kind
from slipway_training.config.model import TrainingConfig
from slipway_training.data.gathering import Gathered, gather
from slipway_training.data.lineage import recipe
from tests.training.orders import ORDERS, changed, customers, orders, write_tables
from tests.training.prepared import shipped


def told(config: TrainingConfig) -> dict[str, str]:
    """What is said of each step; of sources, what is said of them all."""
    said: dict[str, str] = {}
    gather(config, lambda step, result: said.update({step: f"{said.get(step, '')} {result}"}))
    return said


def silently(config: TrainingConfig) -> Gathered:
    return gather(config, lambda _step, _result: None)


def test_two_sources_become_one_table_in_the_order_of_the_first(tmp_path: Path) -> None:
    gathered = silently(write_tables(tmp_path))

    wanted = orders().merge(customers(), left_on="customer", right_on="id", how="left")
    table = gathered.table
    assert table.frame["price"].tolist() == wanted["price"].tolist()
    assert table.frame["town"].tolist() == wanted["town"].tolist()
    assert table.target.tolist() == wanted["returned"].tolist()
    assert table.kinds == {"price": Kind.NUMBER, "age": Kind.NUMBER, "town": Kind.CATEGORY}
    assert table.times is not None
    assert np.diff(table.times).tolist() == [86_400.0] * (ORDERS - 1)


def test_rows_of_every_step_and_digests_of_every_source_are_on_record(tmp_path: Path) -> None:
    gathered = silently(write_tables(tmp_path))

    assert gathered.rows == {"orders": 120, "customers": 30, "customers_unmatched": 0, "joined": 120, "loaded": 120}
    assert [(source.name, source.rows) for source in gathered.sources] == [("orders", 120), ("customers", 30)]
    assert len({source.digest for source in gathered.sources}) == 2


def test_second_run_does_nothing_twice(tmp_path: Path) -> None:
    config = changed(write_tables(tmp_path), sample=50)
    first, second = told(config), told(config)

    assert [step for step, said in first.items() if "kept from before" in said] == []
    assert [step for step, said in second.items() if "kept from before" in said] == ["read", "join", "check", "sample"]


def test_change_of_one_source_redoes_what_depends_on_it_and_nothing_else(tmp_path: Path) -> None:
    config = write_tables(tmp_path)
    told(config)

    customers().assign(age=40.0).to_parquet(tmp_path / "customers.parquet")
    said = told(config)

    assert "files of csv, kept from before" in said["read"]
    assert "kept from before" not in said["join"] + said["check"]


def test_sample_is_the_same_rows_each_time_in_their_order(tmp_path: Path) -> None:
    config = changed(write_tables(tmp_path), sample=40)
    first, again = silently(config), silently(changed(config, cache=tmp_path / "other"))

    assert first.table.times is not None
    assert len(first.table.target) == 40
    assert (np.diff(first.table.times) > 0).all()
    pd.testing.assert_frame_equal(first.table.frame, again.table.frame)


def test_checks_read_every_row_though_a_sample_is_trained_on(tmp_path: Path) -> None:
    doubled = pd.concat([orders(), orders()], ignore_index=True)
    config = changed(write_tables(tmp_path, doubled), sample=30)

    found = {finding.check: (finding.rows, finding.of) for finding in silently(config).findings}

    assert found["duplicate_rows"] == (120, 240)


def test_recipe_follows_the_data_and_not_its_place(tmp_path: Path) -> None:
    for name in ("here", "there", "other"):
        (tmp_path / name).mkdir()
    here, there = write_tables(tmp_path / "here"), write_tables(tmp_path / "there")
    other = write_tables(tmp_path / "other", right=customers().assign(age=40.0))

    assert recipe(here) == recipe(there)
    assert recipe(here).config_digest == recipe(other).config_digest
    assert recipe(here).data_digest != recipe(other).data_digest


@pytest.mark.parametrize("name", ["titanic", "diabetes"])
def test_single_source_counts_its_rows(name: str) -> None:
    gathered = silently(shipped(name))

    assert list(gathered.rows.values()) == [len(gathered.table.target)]
