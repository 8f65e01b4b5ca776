from pathlib import Path

import pytest

from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.lineage import find_equal, recipe
from slipway_training.data.tensors import to_frame, to_tensors
from slipway_training.evaluation.predictions import predict_with_session
from slipway_training.workflows.train import run
from tests.training.prepared import Copied, Published, shipped


def silent(step: str, result: str) -> None:
    """A progress report that nobody reads."""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def test_first_version_becomes_the_champion_and_a_later_one_only_when_asked(registry: Registry) -> None:
    config = shipped("breast_cancer")
    champions = []

    for promote in (False, False, True):
        run(config, registry, silent, promote=promote, report=promote)
        champions.append(registry.desired("breast_cancer").aliases[CHAMPION])

    assert champions == [1, 1, 3]
    assert "report.html" not in registry.read("breast_cancer", 1).manifest.files
    assert "report.html" in registry.read("breast_cancer", 3).manifest.files


def test_version_holds_the_model_the_variants_that_passed_and_a_card(published: Published) -> None:
    stored = published("digits")

    kept = {variant.file for variant in stored.manifest.variants if variant.file is not None}

    assert set(stored.manifest.files) == {"model.onnx", "model_card.md", "profile.json", *kept}
    served = next(one.file for one in stored.manifest.variants if one.name == stored.manifest.variant)
    assert stored.read_model() == stored.read_file(str(served))


def test_refused_variants_stand_in_the_manifest_with_their_measurements(published: Published) -> None:
    refused = {variant.name: variant for variant in published("digits").manifest.variants if not variant.passed}

    one = refused["static_int8"]
    assert (one.guarantee, one.passes[-1], one.file) == ("bounded", "static_int8", None)
    assert all((one.size, one.parity, one.latency_us, one.load_ms, one.memory, one.verdict))


@pytest.mark.parametrize("name", ["titanic", "diabetes", "digits"])
def test_golden_rows_are_what_the_published_graph_answers(published: Published, name: str) -> None:
    stored = published(name)
    golden, signature = stored.manifest.golden_rows, stored.manifest.signature
    tensors = to_tensors(to_frame([row.row for row in golden.rows], signature), signature)

    predictions = predict_with_session(OnnxSession(stored.read_model()), tensors, signature.task)

    wanted = [row.probabilities or (row.value,) for row in golden.rows]
    assert predictions.numbers.tolist() == [pytest.approx(numbers, abs=golden.tolerance) for numbers in wanted]


def test_equal_recipe_is_found_and_another_is_not(registry: Registry, copied: Copied, tmp_path: Path) -> None:
    config, stored = shipped("breast_cancer"), copied("breast_cancer", tmp_path)

    found = find_equal(registry, "breast_cancer", recipe(config))

    assert found is not None
    assert found.folder == stored.folder
    assert find_equal(registry, "breast_cancer", recipe(shipped("breast_cancer", "split.random_state=1"))) is None


def test_damaged_version_is_not_reused(registry: Registry, copied: Copied, tmp_path: Path) -> None:
    config, stored = shipped("breast_cancer"), copied("breast_cancer", tmp_path)
    (stored.folder / "model.onnx").write_bytes(b"damaged")

    assert find_equal(registry, "breast_cancer", recipe(config)) is None


def test_integer_arithmetic_widens_the_golden_tolerance_to_what_the_gate_allows(registry: Registry) -> None:
    changes = ("estimator.parameters.max_iter=10", "gate={probability_change=0.3, flip_share=1.0}")
    config = shipped("digits", 'optimize.candidates=["dynamic_int8"]', *changes)

    manifest = run(config, registry, silent, report=False).version.manifest

    assert manifest.variant == "dynamic_int8"
    assert manifest.golden_rows.tolerance == 0.3


def test_provenance_says_where_the_version_came_from(published: Published) -> None:
    provenance = published("titanic").manifest.provenance

    assert provenance.rows == {"csv": 240, "train": 168, "held_out": 72}
    assert provenance.config["data"]["path"] == "passengers.csv"
    assert set(provenance.libraries) == {"numpy", "onnx", "onnxruntime", "pandas", "scikit-learn", "skl2onnx"}


def test_card_of_a_regressor_speaks_of_values(published: Published) -> None:
    card = published("diabetes").read_file("model_card.md").decode()

    assert "| r2 | " in card
    assert "labels differ" not in card


def test_card_tells_data_scores_parity_and_the_reason(published: Published) -> None:
    stored = published("titanic")

    card = stored.read_file("model_card.md").decode()

    assert card.startswith("# titanic\n\nDid a passenger of the Titanic survive.\n")
    assert "passengers.csv without the columns alive; 168 training rows, 72 held-out rows" in card
    assert "0 labels differ" in card
    assert f"Published: {stored.manifest.variant_reason}." in card
