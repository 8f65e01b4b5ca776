import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import slipway_training
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


_DIGESTS = """
import sys
from pathlib import Path
from slipway_training.config import documents
from slipway_training.data import lineage
package = Path(lineage.__file__).parents[1]
for name in ("nothing.txt", *sys.argv[1:]):
    with (package / name).open("a") as source:
        source.write("# another title")
    print(package, lineage.recipe(documents.load("digits")).code_digest)
"""
_ONLY_TELLS = ["report/plots/bars.py", "report/sections/summary.py", "cli/output.py", "progress.py"]
_DECIDES = ["export/onnx_export.py", "optimizer/gates.py", "workflows/train.py", "config/model.py", "new_room.py"]


def test_sources_that_only_tell_of_a_model_are_no_part_of_its_recipe(tmp_path: Path) -> None:
    shutil.copytree(Path(slipway_training.__file__).parent, tmp_path / "slipway_training")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", _DIGESTS, *_ONLY_TELLS, *_DECIDES]

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    folders, digests = zip(*(line.split() for line in done.stdout.splitlines()), strict=True)
    assert set(folders) == {str(tmp_path / "slipway_training")}
    before, *after = digests
    assert after[: len(_ONLY_TELLS)] == [before] * len(_ONLY_TELLS)
    assert len({before, *after[len(_ONLY_TELLS) :]}) == 1 + len(_DECIDES)


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
