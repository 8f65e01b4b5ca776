"""slipway optimize: a graph that exists is made smaller, and what is published says where it comes from."""

import shutil
from pathlib import Path

import onnx
import pandas as pd
import pytest
import typer
from sklearn.ensemble import RandomForestClassifier
from typer.testing import CliRunner, Result

from slipway_ml.contract.profile import profile_from_json
from slipway_ml.registry.store import Registry
from slipway_training.cli.optimize import optimize
from slipway_training.optimizer.passes import copy
from slipway_training.workflows.publish_fitted import publish
from tests.training.optimizer.convolution import DIGITS, PIXELS, convolutional
from tests.training.optimizer.trees.models import TWO


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("optimize")(optimize)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A forest that came fitted, published with nothing but exact graphs tried."""
    folder = tmp_path_factory.mktemp("models")
    fitted = RandomForestClassifier(20, random_state=0).fit(*TWO)
    publish(fitted, *TWO, name="forest", models=folder, settings={"optimize": {"candidates": []}}, report=False)
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The forest's rows with their true targets."""
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    pd.DataFrame(TWO[0], columns=[f"x{n}" for n in range(6)]).assign(y=TWO[1]).to_csv(path, index=False)
    return path


def test_variants_are_shown_with_the_choice_and_what_was_proved_on_what(models: Path, rows: Path) -> None:
    result = command("forest", "--models", models, "--data", rows, "--target", "y")

    assert result.exit_code == 0, result.exception
    assert "rows.csv: 200 rows judge, 200 calibrate" in result.output
    assert "Chosen: " in result.output
    assert "against version 1 of forest, as exported, on 400 real and" in result.output
    assert "itself, when it was taken in, against scikit-learn" in result.output
    assert Registry(models).versions("forest") == [1]


def test_without_real_rows_only_what_is_exact_is_tried(models: Path) -> None:
    result = command("forest", "--models", models, "--only", "leaves_int8", "--only", "tree_ensemble")

    assert "rows made up from the signature" in result.output
    assert "Not built: leaves_int8: it may change predictions, which only real rows can show" in result.output
    assert "Not tried: variants that may change predictions need real rows" in result.output


def test_other_model_needs_right_answers_and_is_asked_for_by_name(models: Path, rows: Path) -> None:
    unasked = command("forest", "--models", models, "--data", rows)
    asked = command("forest", "--models", models, "--data", rows, "--only", "pruned_trees")

    assert "pruned_trees" not in unasked.output
    assert "Not compared: the score, as no true targets are known" in unasked.output
    assert "pruned_trees: is a different model, which only its score can assess" in asked.output


def test_published_version_says_from_which_it_comes_and_is_not_promoted(
    models: Path, rows: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(models, tmp_path / "models")  # the others are asked about as they are

    result = command(
        *("forest@1", "--models", own, "--data", rows, "--target", "y", "--only", "pruned_trees"),
        *("--pin", "exported", "--set", "gate.flip_share=0.01", "--publish", "--no-report"),
    )

    registry = Registry(own)
    first, second = (registry.read("forest", number) for number in (1, 2))
    origin = second.manifest.provenance.optimized_from
    assert result.exit_code == 0, result.exception
    assert "Promote: slipway models promote forest 2" in result.output
    assert registry.desired("forest").aliases == {"champion": 1}
    assert origin is not None
    assert (origin.version, origin.manifest_sha256) == (1, first.manifest_sha256)
    assert second.manifest.provenance.config["gate"]["flip_share"] == 0.01
    assert second.manifest.provenance.rows == first.manifest.provenance.rows
    assert second.manifest.provenance.recipe_digest != first.manifest.provenance.recipe_digest
    assert second.manifest.evaluation == first.manifest.evaluation
    assert second.read_file("variants/exported.onnx") == first.read_file("variants/exported.onnx")
    assert second.read_file("profile.json") == first.read_file("profile.json")


def test_graph_that_is_served_already_is_not_published_again(models: Path, rows: Path) -> None:
    served = Registry(models).read("forest", 1).manifest.variant

    result = command("forest@1", "--models", models, "--data", rows, "--pin", served, "--publish")

    assert "Nothing to publish: version 1 of forest serves this very graph" in result.output


def test_network_in_an_onnx_file_serves_its_8_bit_form(tmp_path: Path) -> None:
    onnx.save(convolutional(), tmp_path / "net.onnx")
    table = pd.DataFrame(PIXELS[:200]).rename(columns=lambda number: f"pixel_{number}").assign(digit=DIGITS[:200])
    table.to_csv(tmp_path / "rows.csv", index=False)

    result = command(
        *(tmp_path / "net.onnx", "--data", tmp_path / "rows.csv", "--target", "digit", "--only", "weight_int8"),
        *("--publish", "--no-report", "--models", tmp_path / "models", "--plots", tmp_path / "plots"),
    )

    assert result.exit_code == 0, result.exception
    version = Registry(tmp_path / "models").read("net", 1)
    small = {one.name: one for one in version.manifest.variants}["weight_int8"]
    assert small.parity is not None
    assert small.parity.kinds[0].largest_difference < 0.02
    assert small.verdict == "passed every gate"
    assert version.manifest.variant == "weight_int8"
    assert profile_from_json(version.read_file("profile.json")).rows == 200
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["net-sizes.svg", "net-speeds.svg"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["forrest"], "did you mean 'forest'"),
        (["forest@best"], "no version of 'forest' is called 'best'"),
        (["forest@9"], "no version 9"),
        (["forest", "--name", "other"], "--name is for an .onnx file"),
        (["forest", "--promote"], "--promote is for a version that --publish writes"),
        (["forest", "--only", "smaller"], "config: 'optimize.candidates.0' must be"),
        (["forest", "--pin", "smaller"], "there is no such variant; pin one of exported"),
        (["none.onnx"], "an .onnx file has no rows; give some with --data"),
        (["none.onnx", "--data", "none.csv"], "there is no data file 'none.csv'"),
    ],
)
def test_mistakes_are_told_in_one_sentence(models: Path, arguments: list[str], sentence: str) -> None:
    result = command(*arguments, "--models", models)

    assert result.exit_code != 0
    assert sentence in str(result.exception)


def test_graph_that_needs_options_points_to_import(tmp_path: Path) -> None:
    model = copy(convolutional())
    del model.graph.output[0]
    onnx.save(model, tmp_path / "net.onnx")
    pd.DataFrame(PIXELS[:50]).to_csv(tmp_path / "rows.csv", index=False)

    result = command(tmp_path / "net.onnx", "--data", tmp_path / "rows.csv")

    assert "'slipway import' has options for that" in str(result.exception)
