from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest

from slipway_training.config.model import TrainingConfig
from slipway_training.config.sources import SourceConfig
from slipway_training.data.engine import connect
from slipway_training.data.gathering import Gathered, gather
from slipway_training.data.joining.views import make_view
from slipway_training.errors import ConfigError, DataCheckFailed
from tests.lazily import later
from tests.training.orders import config_of, customers, orders, write_tables

sa = later("sqlalchemy")


def with_customers(folder: Path, **source: Any) -> TrainingConfig:
    """Orders of a CSV, joined with customers from wherever the keywords say."""
    orders().to_csv(folder / "orders.csv", index=False)
    return config_of(
        folder,
        {"name": "orders", "path": "orders.csv"},
        {"name": "customers", "on": {"customer": "id"}, **source},
    )


def silently(config: TrainingConfig) -> Gathered:
    return gather(config, lambda _step, _result: None)


def write_database(path: Path, rows: pd.DataFrame) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        rows.to_sql("customers", connection, index=False)
    engine.dispose()


def test_rows_of_a_database_are_the_rows_of_a_file(tmp_path: Path) -> None:
    write_database(tmp_path / "shop.db", customers())
    asked = with_customers(tmp_path, url="sqlite:///shop.db", query="SELECT id, age, town FROM customers")

    from_database, from_file = silently(asked), silently(write_tables(tmp_path))

    pd.testing.assert_frame_equal(from_database.table.frame, from_file.table.frame)


def test_moment_is_read_as_text_of_utc_wherever_the_machine_stands(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"], utc=True)
    pd.DataFrame({"ordered": moments.tz_convert("Europe/Berlin")}).to_parquet(tmp_path / "orders.parquet")
    source = SourceConfig(name="orders", path="orders.parquet")

    with connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        make_view(connection, source, [str(tmp_path / "orders.parquet")])
        read = connection.execute("SELECT ordered FROM orders").fetchall()

    assert read == [("2026-03-29T00:30:00Z",), ("2026-03-29T01:30:00Z",)]


def test_equal_rows_of_a_database_keep_what_follows(tmp_path: Path) -> None:
    write_database(tmp_path / "shop.db", customers())
    config = with_customers(tmp_path, url="sqlite:///shop.db", query="SELECT * FROM customers")
    said: list[str] = []
    silently(config)

    gather(config, lambda step, result: said.append(f"{step} {result}"))

    assert any(line.startswith("read customers: asked of the database") for line in said)
    assert any(line.startswith("join") and line.endswith("kept from before") for line in said)


@pytest.mark.parametrize(
    ("url", "query", "error", "sentence"),
    [
        ("sqlite:///shop.db", "SELECT * FROM clients", DataCheckFailed, "refused the query (no such table: clients)"),
        ("sqlite:///shop.db", "SELECT * FROM customers WHERE id < 0", DataCheckFailed, "the query has no rows"),
        ("nonsense", "SELECT 1", ConfigError, "its url is none that SQLAlchemy knows"),
        ("postgresql://ann:secret@shop/db", "SELECT 1", ConfigError, "its url holds a password"),
        ("postgresql://shop/db?user=ann&password=secret", "SELECT 1", ConfigError, "its url holds a password"),
        ("snowflake://shop/db?token=secret", "SELECT 1", ConfigError, "its url holds a password"),
        ("postgresql://ann:${NO_SUCH_PASSWORD}@shop/db", "SELECT 1", ConfigError, "its url names NO_SUCH_PASSWORD"),
    ],
)
def test_database_that_gives_no_rows_is_one_sentence(
    tmp_path: Path, url: str, query: str, error: type[Exception], sentence: str
) -> None:
    write_database(tmp_path / "shop.db", customers())

    with pytest.raises(error) as refusal:
        silently(with_customers(tmp_path, url=url, query=query))

    assert sentence in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_cache_takes_no_folder_that_holds_other_files(tmp_path: Path) -> None:
    config = write_tables(tmp_path)
    ignored = tmp_path / ".gitignore"
    ignored.write_text("*.secret")

    with pytest.raises(ConfigError, match=r"data.cache: .* holds other files; name a folder of its own"):
        silently(config.model_copy(update={"data": config.data.model_copy(update={"cache": tmp_path})}))

    assert ignored.read_text() == "*.secret"


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_object_store_is_read_through_fsspec(tmp_path: Path, ending: str) -> None:
    store = fsspec.filesystem("memory")
    with store.open(f"/shop/customers.{ending}", "wb") as file:
        customers().to_parquet(file) if ending == "parquet" else customers().to_csv(file, index=False)

    gathered = silently(with_customers(tmp_path, path=f"memory://shop/customers.{ending}"))

    pd.testing.assert_frame_equal(gathered.table.frame, silently(write_tables(tmp_path)).table.frame)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id,age\n1,2\n3\n4,5,6\n", "line 3: not CSV in UTF-8 with as many cells in every row as the header has"),
        ("id,age\n" + "1,2\n" * 20 + "3,secret\n", "row 21 below the header, column 'age': not a number"),
    ],
)
def test_unreadable_csv_names_its_source(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "customers.csv").write_text(content)

    with pytest.raises(DataCheckFailed) as refusal:
        silently(with_customers(tmp_path, path="customers.csv"))

    assert str(refusal.value).startswith("source 'customers'")
    assert sentence in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_kinds_of_a_csv_are_guessed_like_those_of_a_single_file(tmp_path: Path) -> None:
    rows = "id,a,b,c,d,e\n" + "".join(f"{n},{n}.5,true,1_000,NA,0{n}\n" for n in range(30))
    (tmp_path / "customers.csv").write_text(rows)

    kinds = silently(with_customers(tmp_path, path="customers.csv", kinds={"e": "category"})).table.kinds

    found = {name: str(kind) for name, kind in kinds.items() if name != "price"}
    assert found == {"a": "number", "b": "boolean", "c": "category", "d": "category", "e": "category"}


@pytest.mark.parametrize(
    "document", [{"name": "a"}, {"name": "a", "path": "x", "url": "y"}, {"name": "a", "url": "sqlite://"}]
)
def test_source_comes_from_one_place(document: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="needs either a path, or a url with a query"):
        SourceConfig.model_validate(document)


def test_files_of_one_source_have_the_same_columns(tmp_path: Path) -> None:
    config = with_customers(tmp_path, path="customers")
    (tmp_path / "customers").mkdir()
    customers().to_csv(tmp_path / "customers" / "1.csv", index=False)
    customers()[["age", "id", "town"]].to_csv(tmp_path / "customers" / "2.csv", index=False)

    with pytest.raises(DataCheckFailed, match=r"source 'customers': 2\.csv has other columns than the first file"):
        silently(config)


def test_compressed_csv_is_read(tmp_path: Path) -> None:
    config = with_customers(tmp_path, path="customers.csv.gz")
    customers().to_csv(tmp_path / "customers.csv.gz", index=False)

    assert silently(config).rows["customers"] == 30
