from pathlib import Path

import pytest

from slipway_ml.registry.store import Registry
from slipway_training.config import documents as configs
from slipway_training.data.lineage import find_equal, recipe
from slipway_training.errors import DataCheckFailed
from tests.training.passengers import PASSENGERS, passengers
from tests.training.payments import PAYMENTS, payments
from tests.training.prepared import shipped
from tests.training.shop import SHOP, shop


def test_committed_passenger_list_is_what_its_generator_makes() -> None:
    assert PASSENGERS.read_text("utf-8") == passengers()


def test_committed_payments_are_what_their_generator_makes() -> None:
    assert PAYMENTS.read_text("utf-8") == payments()


def test_committed_tables_of_the_shop_are_what_their_generator_makes() -> None:
    assert {path.name: path.read_text("utf-8") for path in SHOP.iterdir()} == shop()


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "digits", "returns", "titanic"])
def test_recipe_is_the_same_each_time(name: str) -> None:
    assert recipe(shipped(name)) == recipe(shipped(name))


def test_change_of_the_config_changes_the_recipe_but_not_the_data() -> None:
    before, after = recipe(shipped("digits")), recipe(shipped("digits", "split.random_state=1"))

    assert before.digest != after.digest
    assert before.config_digest != after.config_digest
    assert (before.data_digest, before.code_digest) == (after.data_digest, after.code_digest)


def test_change_of_one_cell_changes_the_recipe(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(passengers().replace("Q", "S", 1))

    before, after = recipe(configs.load("titanic", PASSENGERS)), recipe(configs.load("titanic", other))

    assert before.data_digest != after.data_digest
    assert before.config_digest == after.config_digest


def test_where_a_file_lies_is_neither_digested_nor_saved(tmp_path: Path) -> None:
    copy = tmp_path / "passengers.csv"
    copy.write_text(passengers())

    moved = recipe(configs.load("titanic", copy))

    assert moved == recipe(configs.load("titanic", PASSENGERS))
    assert moved.config["data"]["path"] == "passengers.csv"


def test_missing_data_is_an_error_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataCheckFailed, match="there is no data file"):
        recipe(configs.load("titanic", tmp_path / "none.csv"))


def test_nothing_equal_is_found_where_nothing_was_published(tmp_path: Path) -> None:
    assert find_equal(Registry(tmp_path), "digits", recipe(shipped("digits"))) is None
