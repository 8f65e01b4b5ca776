"""slipway verify: the parity check of a published version, repeated on its stored file."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner, Result

from slipway_ml.contract.manifest import manifest_to_json
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.cli.verify import verify
from slipway_training.workflows.optimizing.optimize import optimize
from slipway_training.workflows.optimizing.optimize import publish as publish_optimized
from slipway_training.workflows.optimizing.rows import find_rows
from slipway_training.workflows.optimizing.subjects import of_version
from slipway_training.workflows.publish_fitted import publish
from slipway_training.workflows.train import run
from tests.training.passengers import PASSENGERS
from tests.training.prepared import Copied, shipped
from tests.training.shop import SHOP


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("verify")(verify)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def unheard(_step: str, _result: str) -> None:
    """A progress that nobody follows."""


@pytest.fixture(scope="module")
def models(copied: Copied, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions from configs and one that came fitted."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("cancer_forest", "returns", "titanic"):
        copied(name, folder)
    rows = np.arange(40.0).reshape(-1, 2)
    fitted = LogisticRegression().fit(rows, rows[:, 0] > 20)
    publish(fitted, rows, rows[:, 0] > 20, name="fitted", models=folder, report=False)
    return folder


def test_version_from_a_config_is_asked_about_many_rows(models: Path) -> None:
    result = command("cancer_forest", "--models", models, "--rows", "12000")

    assert result.exit_code == 0, result.exception
    assert "12000 rows against scikit-learn: 0 labels differ" in result.output
    assert re.search(r"steps around thresholds and bins +[\d,]+ +0 +", result.output)
    assert re.search(r"one row at a time +64 +0 +", result.output)
    assert "scikit-learn 1." in result.output


def test_version_from_a_csv_needs_the_very_file(models: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(PASSENGERS.read_text().replace("Q", "S", 1))

    verified = command("titanic", "--models", models, "--data", PASSENGERS, "--rows", "3000")
    without = command("titanic", "--models", models)
    wrong = command("titanic", "--models", models, "--data", other)

    assert "3000 rows against scikit-learn: 0 labels differ" in verified.output
    assert "was trained on a CSV; give it with --data" in str(without.exception)
    assert "not the data that the version was trained on" in str(wrong.exception)


def test_version_from_joined_tables_needs_the_very_folder(models: Path, tmp_path: Path) -> None:
    other = tmp_path / "shop"
    shutil.copytree(SHOP, other)
    (other / "customers.csv").write_text((SHOP / "customers.csv").read_text().replace("west", "east", 1))

    verified = command("returns", "--models", models, "--data", SHOP, "--rows", "3000")
    without = command("returns", "--models", models)
    wrong = command("returns", "--models", models, "--data", other)

    assert "3000 rows against scikit-learn: 0 labels differ" in verified.output
    assert "was trained on joined tables; give their folder with --data" in str(without.exception)
    assert "not the data that the version was trained on" in str(wrong.exception)


def test_version_that_came_fitted_is_asked_its_golden_rows(models: Path) -> None:
    result = command("fitted", "--models", models)

    assert "6 rows against its golden rows: 0 labels differ" in result.output
    assert "The pipeline that it came from was not kept" in result.output


def write_rows(folder: Path, limit: float) -> Path:
    """The rows that the fitted version came with, of which those over a limit are the positive ones."""
    rows = np.arange(40.0).reshape(-1, 2)
    frame = pd.DataFrame({"x0": rows[:, 0], "x1": rows[:, 1], "y": rows[:, 0] > limit})
    frame.to_csv(folder / "rows.csv", index=False)
    return folder / "rows.csv"


def test_version_that_came_fitted_is_asked_about_rows_and_scored(models: Path, tmp_path: Path) -> None:
    data = ("--data", write_rows(tmp_path, 20))

    result = command("fitted", "--models", models, *data, "--target", "y")
    unnamed = command("fitted", "--models", models, *data)

    assert result.exit_code == 0, result.exception
    assert "26 rows against its golden rows, and the rows given alone: 0 labels differ" in result.output
    assert re.search(r"rows given +20 +0 +", result.output)
    assert "accuracy is 1.0000 (0.8389 to 1.0000) on these 20 rows, 1.0000 on record." in result.output
    assert "Name their target with --target" in unnamed.output


def test_score_that_is_worse_than_on_record_is_called_so(models: Path, tmp_path: Path) -> None:
    result = command("fitted", "--models", models, "--data", write_rows(tmp_path, 4), "--target", "y")

    assert result.exit_code == 0, result.exception
    assert "1.0000 on record, worse than chance explains." in result.output


def test_target_is_asked_only_where_it_says_something(models: Path) -> None:
    without = command("fitted", "--models", models, "--target", "y")
    trained = command("titanic", "--models", models, "--data", PASSENGERS, "--target", "survived")

    assert "give them with --data" in str(without.exception)
    assert "trained from a config that names it" in str(trained.exception)


def test_version_that_was_made_smaller_without_a_fit_is_asked_about_scikit_learn(models: Path) -> None:
    registry = Registry(models)
    first = registry.read("cancer_forest", 1)
    subject = of_version(first, ("optimize.candidates=[]", 'optimize.pin="exported"'))
    rows = find_rows(subject.signature, subject.config, first.manifest.provenance, None, None)
    stored = publish_optimized(optimize(subject, rows, unheard), registry, unheard, report=False)
    number = str(stored.manifest.model_version)

    result = command("cancer_forest", "--version", number, "--models", models, "--rows", "3000")

    assert "variant exported: 3000 rows against scikit-learn: 0 labels differ" in result.output


def test_smaller_variant_may_change_what_its_certificate_says_and_no_more(tmp_path: Path) -> None:
    config = shipped("digits", 'optimize.candidates=["weight_int8"]', "estimator.parameters.max_iter=15")
    registry = Registry(tmp_path)
    stored = run(config, registry, lambda _step, _result: None, report=False).version

    verified = command("digits", "--models", tmp_path)
    boast_less(stored)
    broken = command("digits", "--models", tmp_path)

    assert stored.manifest.variant == "weight_int8"
    assert verified.exit_code == 0, verified.exception
    assert "does not agree with its certificate (extremes and far beyond" in str(broken.exception)


def boast_less(stored: StoredVersion) -> None:
    """The version rewritten as if its variant changed nothing on extremes, and its gate allowed next to nothing."""
    manifest = stored.manifest
    (variant,) = [one for one in manifest.variants if one.name == manifest.variant]
    assert variant.parity is not None
    kinds = tuple(
        one.model_copy(update={"largest_difference": 0.0}) if one.kind == "extreme" else one
        for one in variant.parity.kinds
    )
    boasting = variant.model_copy(update={"parity": variant.parity.model_copy(update={"kinds": kinds})})
    others = tuple(boasting if one is variant else one for one in manifest.variants)
    manifest.provenance.config["gate"]["probability_change"] = 1e-6
    path = stored.folder / "manifest.json"
    path.write_bytes(manifest_to_json(manifest.model_copy(update={"variants": others})))


def test_unknown_model_is_said(tmp_path: Path) -> None:
    assert "no model 'none' in" in str(command("none", "--models", tmp_path).exception)
