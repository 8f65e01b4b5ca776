import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from slipway_ml.registry.store import Registry
from slipway_training.__main__ import main
from slipway_training.cli.train import train
from slipway_training.errors import ConfigError
from tests.training.passengers import PASSENGERS
from tests.training.prepared import Copied
from tests.training.tables import write_csv


def command(*arguments: str | Path) -> Result:
    """The train command as `slipway` registers it."""
    app = typer.Typer()
    app.command("train")(train)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_command_shows_variants_the_reason_the_version_and_what_to_type_next(tmp_path: Path) -> None:
    result = command("breast_cancer", "--models", tmp_path)

    assert result.exit_code == 0
    assert "check parity  same labels on 569 real and" in result.output
    assert "not applicable: the graph has no neural network" in result.output
    assert "Version 1 of breast_cancer: compact," in result.output
    assert f"Report:  {tmp_path / 'breast_cancer' / '1' / 'report.html'}" in result.output
    assert f"Next:    slipway serve --models {tmp_path}" in result.output


def test_table_of_variants_fits_eighty_columns(tmp_path: Path) -> None:
    quick = ("--set", "estimator.parameters.max_iter=10", "--set", "gate={probability_change=1.0, flip_share=1.0}")

    result = command("digits", "--models", tmp_path, "--no-report", *quick)

    table = [
        line for line in result.output.splitlines() if line.startswith(("variant", "exported", "weight", "dynamic"))
    ]
    assert len(table) == 7
    assert max(map(len, table)) <= 80
    assert "weight_int8" in next(line for line in table if line.rstrip().endswith("chosen"))


def test_second_version_says_how_to_promote_it(copied: Copied, tmp_path: Path) -> None:
    copied("breast_cancer", tmp_path)

    result = command("breast_cancer", "--models", tmp_path, "--no-report")

    assert "the champion is still version 1" in result.output
    assert "Promote: slipway models promote breast_cancer 2" in result.output


def test_reuse_keeps_a_version_of_the_same_recipe(copied: Copied, tmp_path: Path) -> None:
    copied("breast_cancer", tmp_path)

    result = command("breast_cancer", "--models", tmp_path, "--reuse")

    assert "version 1 has the same config, data and code" in result.output
    assert Registry(tmp_path).versions("breast_cancer") == [1]


def test_reuse_trains_where_the_recipe_differs(copied: Copied, tmp_path: Path) -> None:
    copied("breast_cancer", tmp_path)

    command("breast_cancer", "--models", tmp_path, "--reuse", "--no-report", "--set", "split.test_size=0.4")

    assert Registry(tmp_path).versions("breast_cancer") == [1, 2]


def test_reused_version_may_be_promoted(copied: Copied, tmp_path: Path) -> None:
    copied("breast_cancer", tmp_path)
    command("breast_cancer", "--models", tmp_path, "--promote", "--no-report", "--set", "split.test_size=0.4")

    result = command("breast_cancer", "--models", tmp_path, "--reuse", "--promote")

    assert "Version 1 of breast_cancer" in result.output
    assert "the champion" in result.output
    assert Registry(tmp_path).desired("breast_cancer").aliases == {"champion": 1}


def test_expected_errors_are_left_to_the_caller(tmp_path: Path) -> None:
    result = command("nothing", "--models", tmp_path)

    assert isinstance(result.exception, ConfigError)


@pytest.mark.parametrize(
    ("content", "options", "code", "sentence"),
    [
        ("", [], 2, "rows.csv is empty; the first line must name the columns"),
        ("survived,sex\n", [], 2, "rows.csv has a header but no rows"),
        (None, ["--set", "data.drop=[]"], 2, "column 'alive' alone predicts the held-out rows"),
        (None, ["--set", "gate.minimum_score=1.1"], 3, "gate.minimum_score asks for 1.1"),
    ],
    ids=["empty", "no rows", "leak", "gate"],
)
def test_refusal_is_one_sentence_with_its_exit_code(
    *,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    options: list[str],
    code: int,
    sentence: str,
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(PASSENGERS.read_text() if content is None else content)

    with pytest.raises(SystemExit) as leaving:
        main(["titanic", "--data", str(path), "--models", str(tmp_path / "models"), *options])

    error = capsys.readouterr().err
    assert (leaving.value.code, error.count("\n")) == (code, 1)
    assert sentence in error
    assert not (tmp_path / "models").exists()


def test_module_runs_as_a_program() -> None:
    asked = ["digits", "--set", "gate.minimum_scor=1"]

    result = subprocess.run(
        [sys.executable, "-m", "slipway_training", *asked], capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
    assert result.stderr == "error: config: unknown key 'gate.minimum_scor'; did you mean 'minimum_score'?\n"


def test_values_of_the_data_never_reach_the_message(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", {"survived": [0, 1] * 15, "alive": [0] * 30, "age": [*range(29), "secret"]})

    result = command("titanic", "--data", path, "--models", tmp_path / "models")

    assert str(result.exception).startswith("line 31, column 'age': not a number")
    assert "secret" not in str(result.exception)


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys, slipway_training.cli.train; print(sorted({'sklearn', 'pandas', 'skl2onnx', "
        "'onnxruntime'} & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
