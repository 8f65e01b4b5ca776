from pathlib import Path

import pytest
from typer.testing import CliRunner

from slipway_training.cli.data import data
from slipway_training.config import documents as configs
from slipway_training.data.gathering import gather
from slipway_training.errors import ConfigError, DataCheckFailed
from tests.training.passengers import PASSENGERS

CONFIG = """
name = "passengers"
task = "classification"
[data]
source = "csv"
path = "{path}"
target = "survived"
drop = ["alive"]
checks = "passengers.checks.toml"
[estimator]
type = "LogisticRegression"
"""


def test_profile_is_enforced_on_the_next_rows(tmp_path: Path) -> None:
    checks, changed = tmp_path / "passengers.checks.toml", tmp_path / "changed.csv"
    done = CliRunner().invoke(data, ["profile", "titanic", "--data", str(PASSENGERS), "--output", str(checks)])
    lines = PASSENGERS.read_text().splitlines()
    changed.write_text("\n".join([lines[0], lines[1].replace("male", "unknown", 1), *lines[2:]]))

    found = {}
    for path in (PASSENGERS, changed):
        (tmp_path / "passengers.toml").write_text(CONFIG.format(path=path))
        gathered = gather(configs.load(str(tmp_path / "passengers.toml")), lambda _step, _result: None)
        found[path.name] = [f.message for f in gathered.findings if f.check == "expectation"]

    assert done.exit_code == 0, done.output
    assert found["passengers.csv"] == []
    assert found["changed.csv"] == ["1 of 240 rows have another category in column 'sex', where 0 are allowed"]


def test_profile_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.toml").write_text("mine")

    done = CliRunner().invoke(data, ["profile", "iris", "--output", str(tmp_path / "kept.toml")])

    assert isinstance(done.exception, ConfigError)
    assert (tmp_path / "kept.toml").read_text() == "mine"


def test_findings_are_listed_and_written_as_a_page(tmp_path: Path) -> None:
    arguments = ["check", "titanic", "--data", str(PASSENGERS), "--html", str(tmp_path / "checks.html")]

    done = CliRunner().invoke(data, arguments)

    assert done.exit_code == 0, done.output
    assert "missing_share" in done.output
    assert f"slipway train titanic --data {PASSENGERS}" in done.output
    assert "185 of 240" in done.output
    assert "column &#x27;deck&#x27; is missing" in (tmp_path / "checks.html").read_text("utf-8")


def test_error_among_the_findings_is_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "leak.toml").write_text(
        CONFIG.format(path=PASSENGERS).replace('["alive"]', "[]").replace("checks =", "# checks =")
    )

    done = CliRunner().invoke(data, ["check", str(tmp_path / "leak.toml")])

    assert isinstance(done.exception, DataCheckFailed)
    assert "leak" in done.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("columns = 3", "'columns'"), ("[columns.a]\nmin = 1", "'columns.a.min'"), ("[columns", "is not TOML")],
)
def test_odd_file_of_checks_is_named(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "passengers.checks.toml").write_text(content)
    (tmp_path / "passengers.toml").write_text(CONFIG.format(path=PASSENGERS))

    with pytest.raises(ConfigError) as refusal:
        gather(configs.load(str(tmp_path / "passengers.toml")), lambda _step, _result: None)

    assert sentence in str(refusal.value)
