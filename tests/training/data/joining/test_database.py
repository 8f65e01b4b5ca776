"""Sources in a real PostgreSQL: its types, its refusals, and passwords from the environment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slipway_training.data.gathering import Gathered, gather
from slipway_training.errors import DataCheckFailed
from tests.lazily import later
from tests.training.orders import config_of, customers, orders
from tests.training.postgres import running_postgres

sa = later("sqlalchemy")

TABLE = """
CREATE TABLE customers (id bigint, age double precision, town text, spent numeric(9, 2), member boolean,
                        joined timestamptz, born date)
"""
ROW = "INSERT INTO customers VALUES (:id, :age, :town, 12.34, :id % 2 = 0, '2026-03-29 03:30:00+02', '1990-05-17')"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database with the customers, and columns of PostgreSQL's own types."""
    rows = customers().to_dict("records")
    with running_postgres() as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text(TABLE))
            connection.execute(sa.text(ROW), [{str(name): cell for name, cell in row.items()} for row in rows])
        engine.dispose()
        yield url


def joined(folder: Path, url: str, query: str = "SELECT * FROM customers", **data: Any) -> Gathered:
    orders().to_csv(folder / "orders.csv", index=False)
    second = {"name": "customers", "url": url, "query": query, "on": {"customer": "id"}}
    config = config_of(folder, {"name": "orders", "path": "orders.csv"}, second, **data)
    return gather(config, lambda _step, _result: None)


def test_rows_of_postgresql_are_the_rows_that_were_put_in(tmp_path: Path, url: str) -> None:
    frame = joined(tmp_path, url).table.frame

    wanted = orders().merge(customers(), left_on="customer", right_on="id", how="left")
    assert frame["age"].tolist() == wanted["age"].tolist()
    assert frame["town"].tolist() == wanted["town"].tolist()
    assert frame["member"].tolist() == (wanted["customer"] % 2 == 0).astype(float).tolist()


def test_decimals_dates_and_moments_become_what_a_request_can_say(tmp_path: Path, url: str) -> None:
    frame = joined(tmp_path, url).table.frame

    assert set(frame["spent"]) == {12.34}
    assert set(frame["born"]) == {"1990-05-17"}
    assert set(frame["joined"]) == {"2026-03-29T01:30:00Z"}


def test_password_comes_from_the_environment(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/word")

    gathered = joined(tmp_path, url.replace("slipway@", "slipway:${SHOP_PASSWORD}@"))

    assert gathered.rows["customers"] == len(customers())


def test_whole_address_may_come_from_the_environment(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", url.replace("slipway@", "slipway:secret@"))

    assert joined(tmp_path, "${SHOP_DATABASE}").rows["customers"] == len(customers())


@pytest.mark.parametrize(
    ("query", "reason"),
    [("SELECT * FROM nowhere", 'relation "nowhere" does not exist'), ("SELEC 1", 'syntax error at or near "SELEC"')],
)
def test_refusal_of_the_database_is_said_in_one_sentence(tmp_path: Path, url: str, query: str, reason: str) -> None:
    with pytest.raises(DataCheckFailed) as refusal:
        joined(tmp_path, url, query)

    assert str(refusal.value) == f"source 'customers': the database refused the query ({reason})"


def test_database_that_is_not_there_is_named_by_its_source(tmp_path: Path) -> None:
    with pytest.raises(DataCheckFailed, match="source 'customers': the database refused the query"):
        joined(tmp_path, f"postgresql+psycopg://slipway@/postgres?host={tmp_path}")


def test_rows_of_a_query_may_come_in_several_parts(tmp_path: Path, url: str) -> None:
    query = "SELECT id, n AS part FROM customers CROSS JOIN generate_series(1, 4000) AS n WHERE n = 1 OR id = -1"

    gathered = joined(tmp_path, url, query)

    assert isinstance(gathered.table.frame, pd.DataFrame)
    assert gathered.rows["joined"] == len(orders())
