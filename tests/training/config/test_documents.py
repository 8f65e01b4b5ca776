from pathlib import Path

import pytest

from slipway_training.config import documents as configs
from slipway_training.config.model import TrainingConfig
from slipway_training.data.lineage import as_saved
from slipway_training.errors import ConfigError


@pytest.mark.parametrize(
    "name",
    [
        *("breast_cancer", "cancer_cost", "cancer_forest", "cancer_search", "diabetes"),
        *("digits", "fraud", "returns", "titanic"),
    ],
)
def test_shipped_config_is_valid_and_carries_its_own_name(name: str) -> None:
    assert configs.load(name).name == name


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("nam='x'", "unknown key 'nam'; did you mean 'name'?"),
        ("split.tst_size=0.5", "unknown key 'split.tst_size'; did you mean 'test_size'?"),
        ("cost={false_postive = 1}", "unknown key 'cost.false_postive'; did you mean 'false_positive'?"),
        ("gate.zzz=1", "unknown key 'gate.zzz'; known: champion, champion_margin, flip_share, limits,"),
        ("split.test_size=1.5", "'split.test_size' must be less than 1"),
        ("split.random_state='x'", "'split.random_state' must be a valid integer"),
        ("features.scale='big'", "'features.scale' must be 'standard', 'minmax', "),
        ("serving.max_batch=8", "unknown key 'serving.max_batch'; did you mean 'max_batch_size'?"),
        ("serving.deadline_seconds=0", "'serving.deadline_seconds' must be greater than 0"),
        ("task='regression'", "estimator.type MLPClassifier is not for task 'regression'"),
        ("data.source='csv'", "a CSV needs data.target, the column to predict"),
        ("data.target='y'", "data.path and data.target are for source = 'csv'"),
        ("name='a/b'", "'name' must"),
    ],
)
def test_wrong_value_is_refused_in_one_sentence(change: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        configs.load("digits", changes=[change])

    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="config: 'name' is missing"):
        configs.parse({"task": "regression", "data": {"source": "diabetes"}, "estimator": {"type": "Ridge"}})


def test_misspelt_key_comes_before_the_missing_one_it_causes() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'nmae'; did you mean 'name'\? \(and 1 more\)"):
        configs.parse(
            {"nmae": "x", "task": "regression", "data": {"source": "diabetes"}, "estimator": {"type": "Ridge"}}
        )


def test_unknown_config_lists_what_is_shipped() -> None:
    with pytest.raises(ConfigError, match=r"no config 'digts'.*breast_cancer, cancer_cost, cancer_forest"):
        configs.load("digts")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("split.test_size", "is not of the form section.key=VALUE"),
        ("data.source=csv", "--set data.source: the value is no TOML literal; text needs quotes of its own"),
        ("name.x=1", "--set name.x: 'name' is a value, not a section"),
    ],
)
def test_set_that_cannot_be_applied_says_why(change: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        configs.load("digits", changes=[change])

    assert sentence in str(refusal.value)


def test_set_reaches_into_sections_that_the_file_leaves_out() -> None:
    config = configs.load("diabetes", changes=["parity.tolerance=1e-3", "estimator.parameters.max_depth=2"])

    assert config.parity.tolerance == 1e-3
    assert config.estimator.parameters["max_depth"] == 2
    assert config.estimator.parameters["n_estimators"] == 100


def test_data_option_is_for_files_of_ones_own() -> None:
    with pytest.raises(ConfigError, match="--data is for configs of a CSV or of tables, and digits reads digits"):
        configs.load("digits", data=Path("rows.csv"))


def test_data_option_names_the_folder_of_tables_and_leaves_the_cache_where_it_is(tmp_path: Path) -> None:
    data = configs.load("returns", data=tmp_path).data

    assert [source.folder for source in data.sources] == [tmp_path, tmp_path]
    assert data.cache == Path(".slipway")


def test_data_option_that_is_no_folder_is_refused_for_tables(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--data is the folder in which the tables of returns lie"):
        configs.load("returns", data=tmp_path / "orders.csv")


def test_path_in_a_config_is_relative_to_it(tmp_path: Path) -> None:
    titanic = configs.shipped()["titanic"].read_text("utf-8")
    text = titanic.replace('target = "survived"', 'target = "survived"\npath = "r.csv"')
    (tmp_path / "mine.toml").write_text(text)

    assert configs.load(str(tmp_path / "mine.toml")).data.path == tmp_path / "r.csv"


@pytest.mark.parametrize(("text", "sentence"), [("name = ", "is not TOML"), ("\xff", "is not TOML")])
def test_broken_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="latin-1")

    with pytest.raises(ConfigError, match=sentence):
        configs.load(str(tmp_path / "mine.toml"))


def test_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        configs.load(str(tmp_path))


def test_config_that_was_kept_is_changed_key_by_key_and_loses_its_pin() -> None:
    kept = as_saved(configs.load("breast_cancer", changes=['optimize.pin="compact"', "gate.flip_share=0.1"]))

    found = configs.changed(kept, ['optimize.prefer="latency"'])

    assert isinstance(found, TrainingConfig)
    assert (found.optimize.pin, found.optimize.prefer, found.gate.flip_share) == (None, "latency", 0.1)
    assert kept["optimize"]["pin"] == "compact"


def test_config_of_a_version_that_came_fitted_is_changed_too() -> None:
    found = configs.changed({"name": "a", "task": "regression", "estimator": "Ridge"}, ["gate.size_saving=0.5"])

    assert not isinstance(found, TrainingConfig)
    assert found.gate.size_saving == 0.5
