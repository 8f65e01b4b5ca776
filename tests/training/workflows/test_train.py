from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway_ml.contract.profile import profile_from_json, profile_to_json
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config import documents as configs
from slipway_training.errors import ConfigError, DataCheckFailed, GateFailed, ParityError
from slipway_training.progress import UNDER_WAY
from slipway_training.workflows.train import run, train
from tests.training.passengers import PASSENGERS
from tests.training.prepared import Published, real_titanic, shipped
from tests.training.tables import config_for, write_csv

RANDOM = np.random.default_rng(0)
N = 60
NOISE = RANDOM.normal(size=N).round(3).tolist()
LABELS = RANDOM.integers(2, size=N).tolist()


def silent(step: str, result: str) -> None:
    """A progress report that nobody reads."""


def test_steps_are_reported_in_their_order(tmp_path: Path) -> None:
    told: list[str] = []

    run(shipped("breast_cancer"), Registry(tmp_path), lambda step, _: told.append(step), report=False)

    assert told.count(UNDER_WAY) >= 5
    assert (
        " ".join(step for step in told if step != UNDER_WAY)
        == "load validate split fit evaluate export check parity optimize gate publish"
    )


def test_curves_are_a_step_after_the_fit_that_tells_each_point() -> None:
    told: list[tuple[str, str]] = []
    config = shipped("breast_cancer", "curves.learning=true", "split.folds=2")

    trained = train(config, lambda step, result: told.append((step, result)))

    (curve,) = trained.candidate.curves
    steps = [step for step, _ in told]
    between = told[steps.index("fit") + 1 : steps.index("curves")]
    assert len([words for step, words in between if step == UNDER_WAY and "curve" in words]) >= len(curve.points)
    assert steps.index("curves") < steps.index("evaluate")
    assert dict(told)["curves"] == f"{len(curve.points)} points on 1 curve(s)"


def test_what_pruning_left_out_is_told_as_a_step_and_in_the_card(tmp_path: Path) -> None:
    told: dict[str, str] = {}
    tree = {"type": "DecisionTreeClassifier", "parameters": {"random_state": 0}}
    document = shipped("breast_cancer").model_dump() | {
        "estimator": tree,
        "pruning": {"method": "cost_complexity"},
        "gate": {},
    }

    outcome = run(configs.parse(document), Registry(tmp_path), told.__setitem__, report=False)

    assert told["prune"].startswith("ccp_alpha 0.0")
    assert "DecisionTreeClassifier, pruned to ccp_alpha 0.0" in (outcome.version.folder / "model_card.md").read_text()


@pytest.mark.parametrize("name", ["breast_cancer", "titanic", "digits"])
def test_same_config_and_data_give_the_same_bytes(published: Published, name: str) -> None:
    first = published(name)

    again = train(shipped(name), silent)

    assert again.graphs[again.choice.name] == first.read_model()
    assert again.graphs["exported"] == first.read_file("variants/exported.onnx")
    assert again.signature == first.manifest.signature


def test_digits_is_served_with_int8_weights(published: Published) -> None:
    manifest = published("digits").manifest

    by_name = {variant.name: variant for variant in manifest.variants}
    chosen, exact = by_name["weight_int8"], by_name["exported"]
    assert manifest.variant == "weight_int8"
    assert (chosen.size or 0) <= 0.35 * (exact.size or 0)
    assert chosen.parity is not None
    assert chosen.parity.kinds[0].label_flips == 0
    assert chosen.parity.kinds[0].largest_difference <= 0.02
    assert chosen.parity.edge_rows > 1000


def test_real_passenger_list_is_trained_on(tmp_path: Path) -> None:
    manifest = run(configs.load("titanic", real_titanic()), Registry(tmp_path), silent, report=False).version.manifest

    assert manifest.metrics[0].value > 0.8
    assert manifest.parity.label_flips == 0


@pytest.mark.parametrize(
    "estimator",
    [
        {"type": "DecisionTreeClassifier", "parameters": {"max_depth": 4}},
        {"type": "ExtraTreesClassifier", "parameters": {"n_estimators": 20, "max_depth": 5}},
        {"type": "GradientBoostingClassifier", "parameters": {"n_estimators": 20}},
        {"type": "RandomForestClassifier", "parameters": {"n_estimators": 20}},
        {"type": "MLPClassifier", "parameters": {"max_iter": 20}},
    ],
    ids=lambda estimator: str(estimator["type"]),
)
def test_passengers_go_through_every_classifier(estimator: dict[str, Any]) -> None:
    document = shipped("titanic").model_dump(mode="python")
    config = configs.parse({**document, "estimator": {"parameters": {}, **estimator}, "gate": {}})

    trained = train(config, silent)

    assert trained.parity.label_flips == 0


@pytest.mark.parametrize("drop", [["alive"], ["alive", "age"], ["alive", "age", "deck", "embarked"]], ids=len)
def test_forest_behind_a_scaler_is_exact_with_and_without_imputers(drop: list[str]) -> None:
    forest = 'estimator={type="RandomForestClassifier", parameters={n_estimators=30, random_state=0}}'

    trained = train(shipped("titanic", f"data.drop={drop}", forest, "gate={}"), silent)

    assert trained.parity.label_flips == 0
    assert trained.parity.largest_difference < 1e-5


@pytest.mark.parametrize(
    "type_",
    [
        "DecisionTreeRegressor",
        "ExtraTreesRegressor",
        "LinearRegression",
        "MLPRegressor",
        "RandomForestRegressor",
        "Ridge",
    ],
)
def test_diabetes_goes_through_every_regressor(type_: str) -> None:
    trained = train(shipped("diabetes", f'estimator={{type="{type_}"}}', "gate={}", "optimize.candidates=[]"), silent)

    assert trained.parity.largest_difference <= trained.config.parity.tolerance


@pytest.mark.parametrize(
    ("columns", "changes", "error"),
    [
        ({"a": NOISE, "y": [1] * N}, {}, DataCheckFailed),
        ({"a": [None] * N, "b": NOISE, "y": LABELS}, {}, DataCheckFailed),
        ({"a": [*NOISE[:-1], "x"], "y": LABELS}, {}, DataCheckFailed),
        ({"a": NOISE, "z": LABELS}, {}, DataCheckFailed),
        ({"a": NOISE, "b": LABELS, "y": LABELS}, {}, DataCheckFailed),
        ({"a": NOISE, "y": LABELS}, {"gate": {"minimum_score": 0.99}}, GateFailed),
        ({"a": NOISE, "y": LABELS}, {"parity": {"tolerance": 1e-12}}, ParityError),
        ({"a": NOISE, "y": LABELS}, {"estimator": {"parameters": {"C": "big"}}}, ConfigError),
    ],
    ids=["one class", "empty column", "text", "no target", "leak", "score", "parity", "parameter"],
)
def test_refusal_at_any_step_publishes_nothing(
    tmp_path: Path, columns: dict[str, Any], changes: dict[str, Any], error: type[Exception]
) -> None:
    path = write_csv(tmp_path / "rows.csv", columns)

    with pytest.raises(error):
        run(config_for(path, **changes), Registry(tmp_path / "models"), silent)

    assert not (tmp_path / "models").exists()


def test_refused_categories_train_and_say_so(tmp_path: Path) -> None:
    config = configs.load("titanic", PASSENGERS, ['features.unseen_categories="refused"'])

    manifest = run(config, Registry(tmp_path), silent, report=False).version.manifest

    assert {f.unseen_categories for f in manifest.signature.features if f.categories} == {"refused"}


def test_profile_is_of_the_rows_that_were_learnt_from(published: Published) -> None:
    stored = published("titanic")

    profile = profile_from_json(stored.read_file("profile.json"))

    assert profile.rows == stored.manifest.provenance.rows["train"]
    assert [one.name for one in profile.features] == [feature.name for feature in stored.manifest.signature.features]
    assert stored.manifest.files["profile.json"].size == len(profile_to_json(profile))


def test_any_kind_of_column_may_be_declared_nullable() -> None:
    config = configs.load("titanic", PASSENGERS, ['data.nullable=["pclass", "alone", "sex", "fare"]'])

    trained = train(config, silent)

    datatypes = {feature.name: feature.datatype for feature in trained.signature.features if feature.nullable}
    assert datatypes["pclass"] == datatypes["alone"] == "FP64"
    assert set(datatypes) == {"pclass", "sex", "age", "fare", "embarked", "deck", "alone"}
    assert trained.parity.label_flips == 0


def test_text_labels_are_published_as_text(published: Published) -> None:
    stored = published("breast_cancer")

    label, _ = OnnxSession(stored.read_model()).outputs

    assert stored.manifest.signature.labels == ("benign", "malignant")
    assert label.datatype == "BYTES"


def test_estimator_that_stopped_early_is_mentioned() -> None:
    told: list[str] = []

    train(shipped("digits", "estimator.parameters.max_iter=2", "gate={}"), lambda _, result: told.append(result))

    assert "MLPClassifier (stopped before it converged; raise max_iter)" in told


def test_warnings_of_the_checks_go_along_into_the_manifest_and_the_card(published: Published) -> None:
    stored = published("titanic")

    found = {(finding.check, finding.severity, finding.column) for finding in stored.manifest.findings}

    assert ("missing_share", "warning", "deck") in found
    assert "- column 'deck' is missing in 185 of 240 rows; find out why" in stored.read_file("model_card.md").decode()


def test_columns_may_have_any_name(tmp_path: Path) -> None:
    """A name that is also that of an argument somewhere on the way."""
    path = write_csv(tmp_path / "rows.csv", {"self": NOISE, "frame": NOISE[::-1], "y": LABELS})

    assert train(config_for(path), silent).parity.label_flips == 0
