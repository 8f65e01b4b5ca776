"""Publishing, reading, promoting and rolling back in a folder of one writer."""

import os
import shutil
from pathlib import Path

import pytest

from slipway_ml.contract.manifest import MANIFEST_FILE, FileDigest, ModelManifest
from slipway_ml.errors import DamagedVersion, NothingPublished, PublishConflict, RegistryError
from slipway_ml.registry.integrity import digest, sha256
from slipway_ml.registry.store import MODEL_FILE, Registry
from tests.app.registry.publisher import FILES, NAME, light_manifest, publish_light
from tests.factories import no_better_than_baseline, publish
from tests.graphs import sum_graph


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_published_version_is_read_back_equal(tmp_path: Path) -> None:
    published = publish(tmp_path)
    read = Registry(tmp_path).read("sum", 1, published.manifest_sha256)

    assert read == published
    assert read.read_model() == sum_graph(read.manifest.signature)


def test_every_file_of_a_version_is_kept_with_its_digest(tmp_path: Path) -> None:
    stored = publish_light(tmp_path)

    assert stored.manifest.files == {name: digest(content) for name, content in FILES.items()}
    assert {name: stored.read_file(name) for name in FILES} == FILES
    assert stored.manifest_sha256 == sha256((stored.folder / MANIFEST_FILE).read_bytes())


def test_first_version_becomes_the_champion(tmp_path: Path) -> None:
    stored = publish_light(tmp_path)
    state = Registry(tmp_path).desired(NAME)

    assert (state.generation, state.aliases) == (1, {"champion": 1})
    assert state.manifest_sha256 == {1: stored.manifest_sha256}


def test_first_version_that_is_better_than_the_baseline_becomes_the_champion(tmp_path: Path) -> None:
    publish(tmp_path, change=no_better_than_baseline)
    before = Registry(tmp_path).desired("sum").aliases
    publish(tmp_path)
    publish(tmp_path)

    assert before == {}
    assert Registry(tmp_path).desired("sum").aliases == {"champion": 2}


def test_version_no_better_than_the_baseline_may_be_promoted(tmp_path: Path) -> None:
    publish(tmp_path, change=no_better_than_baseline)

    assert Registry(tmp_path).promote("sum", 1).aliases == {"champion": 1}


def test_later_version_waits_to_be_promoted(tmp_path: Path) -> None:
    publish_light(tmp_path)
    publish_light(tmp_path)

    assert Registry(tmp_path).versions(NAME) == [1, 2]
    assert Registry(tmp_path).desired(NAME).aliases == {"champion": 1}


def test_promoted_version_is_the_champion_in_a_new_generation(tmp_path: Path) -> None:
    publish_light(tmp_path)
    second = publish_light(tmp_path)
    state = Registry(tmp_path).promote(NAME, 2)

    assert (state.generation, state.aliases) == (2, {"champion": 2})
    assert state.manifest_sha256 == {2: second.manifest_sha256}
    assert Registry(tmp_path).desired(NAME) == state


def test_promoting_the_champion_again_changes_nothing(tmp_path: Path) -> None:
    publish_light(tmp_path)
    state = Registry(tmp_path).promote(NAME, 1)

    assert state.generation == 1
    assert names_in(tmp_path / NAME / "desired") == ["1.json"]


def test_another_alias_leaves_the_champion_alone(tmp_path: Path) -> None:
    publish_light(tmp_path)
    publish_light(tmp_path)
    state = Registry(tmp_path).promote(NAME, 2, alias="challenger")

    assert state.aliases == {"champion": 1, "challenger": 2}
    assert sorted(state.manifest_sha256) == [1, 2]


def test_rollback_brings_the_champion_of_before_back(tmp_path: Path) -> None:
    publish_light(tmp_path)
    publish_light(tmp_path)
    registry = Registry(tmp_path)
    registry.promote(NAME, 2)
    state = registry.rollback(NAME)

    assert (state.generation, state.aliases, state.reason) == (3, {"champion": 1}, "rolled back to 1")
    assert [past.aliases["champion"] for past in registry.champions(NAME)] == [1, 2]


def test_rolling_back_again_goes_further_back_and_not_to_what_was_taken_away(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    for version in (1, 2, 3):
        publish_light(tmp_path)
        registry.promote(NAME, version)

    found = [registry.rollback(NAME).aliases["champion"] for _ in range(2)]

    assert found == [2, 1]
    with pytest.raises(NothingPublished, match="has no earlier champion"):
        registry.rollback(NAME)


def test_a_version_that_is_promoted_after_a_rollback_is_rolled_back_to_the_one_that_stood(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    for version in (1, 2):
        publish_light(tmp_path)
        registry.promote(NAME, version)
    registry.rollback(NAME)
    publish_light(tmp_path)
    registry.promote(NAME, 3)

    assert registry.rollback(NAME).aliases["champion"] == 1


def test_rollback_without_an_earlier_champion_is_refused(tmp_path: Path) -> None:
    publish_light(tmp_path)

    with pytest.raises(NothingPublished, match="has no earlier champion"):
        Registry(tmp_path).rollback(NAME)


def test_missing_version_cannot_be_promoted(tmp_path: Path) -> None:
    publish_light(tmp_path)

    with pytest.raises(NothingPublished, match=r"model 'light' has no version 7 in "):
        Registry(tmp_path).promote(NAME, 7)
    assert Registry(tmp_path).desired(NAME).generation == 1


def test_version_with_a_damaged_variant_cannot_be_promoted(tmp_path: Path) -> None:
    publish_light(tmp_path)
    second = publish_light(tmp_path)
    (second.folder / "variants" / "fp32.onnx").write_bytes(b"other")

    with pytest.raises(DamagedVersion, match=r"version 2 of model 'light' cannot be used: fp32.onnx has 5 bytes"):
        Registry(tmp_path).promote(NAME, 2)
    assert Registry(tmp_path).desired(NAME).aliases == {"champion": 1}


def test_version_without_a_model_cannot_be_promoted(tmp_path: Path) -> None:
    publish_light(tmp_path, {"model_card.md": b"# nothing\n"})

    with pytest.raises(DamagedVersion, match=r"the manifest names no model.onnx"):
        Registry(tmp_path).promote(NAME, 1, alias="challenger")


def test_number_of_a_deleted_version_that_was_served_is_not_used_again(tmp_path: Path) -> None:
    publish_light(tmp_path)
    second = publish_light(tmp_path)
    Registry(tmp_path).promote(NAME, 2, alias="challenger")
    Registry(tmp_path).promote(NAME, 1, alias="challenger")
    shutil.rmtree(second.folder)

    assert publish_light(tmp_path).manifest.model_version == 3


def test_number_taken_by_a_stray_file_is_passed_over(tmp_path: Path) -> None:
    publish_light(tmp_path)
    (tmp_path / NAME / "2").write_text("not a version")

    assert publish_light(tmp_path).manifest.model_version == 3
    assert Registry(tmp_path).versions(NAME) == [1, 3]


def test_publish_that_fails_while_building_leaves_nothing(tmp_path: Path) -> None:
    def refuse(_version: int, _files: dict[str, FileDigest]) -> ModelManifest:
        raise ArithmeticError("no manifest today")

    with pytest.raises(ArithmeticError, match="no manifest today"):
        Registry(tmp_path).publish(NAME, FILES, refuse)

    assert names_in(tmp_path / NAME) == []
    assert publish_light(tmp_path).manifest.model_version == 1


def test_publish_that_fails_while_writing_leaves_nothing(tmp_path: Path) -> None:
    files = {MODEL_FILE: b"model", f"{MODEL_FILE}/part": b"in a file"}

    with pytest.raises(RegistryError, match=r"publishing 'light' in .* failed: "):
        publish_light(tmp_path, files)

    assert names_in(tmp_path / NAME) == []


@pytest.mark.parametrize("obstacle", [".", NAME], ids=["models folder", "model folder"])
def test_file_in_place_of_a_folder_is_an_error_in_words(tmp_path: Path, obstacle: str) -> None:
    root = tmp_path / "models"
    (root / obstacle).parent.mkdir(exist_ok=True)
    (root / obstacle).write_text("not a folder")

    with pytest.raises(RegistryError, match=r"publishing 'light' in .* failed: "):
        publish_light(root)


def test_desired_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    publish_light(tmp_path)
    publish_light(tmp_path)
    shutil.rmtree(tmp_path / NAME / "desired")
    (tmp_path / NAME / "desired").write_text("not a folder")

    with pytest.raises(RegistryError, match="the desired state of model 'light' cannot be written: File exists"):
        Registry(tmp_path).promote(NAME, 2)


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "", ".hidden", "a//b", "manifest.json", "a\n"])
def test_file_name_that_no_version_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RegistryError, match="cannot be a file of a version"):
        publish_light(tmp_path, {MODEL_FILE: b"model", name: b"evil"})

    assert names_in(tmp_path) == []


def test_staging_left_by_a_dead_publisher_is_removed_after_an_hour(tmp_path: Path) -> None:
    publish_light(tmp_path)
    stale, fresh = tmp_path / NAME / ".staging-old", tmp_path / NAME / ".staging-new"
    (stale / "variants").mkdir(parents=True)
    fresh.mkdir()
    os.utime(stale, (0, 0))
    publish_light(tmp_path)

    assert names_in(tmp_path / NAME) == [".staging-new", "1", "2", "desired"]


def test_publisher_that_never_gets_a_number_gives_up(tmp_path: Path) -> None:
    def take_it_first(version: int, files: dict[str, FileDigest]) -> ModelManifest:
        (tmp_path / NAME / str(version)).mkdir()
        (tmp_path / NAME / str(version) / "taken").touch()
        return light_manifest(version, files)

    with pytest.raises(PublishConflict, match="took 100 numbers in a row"):
        Registry(tmp_path).publish(NAME, {MODEL_FILE: b"model"}, take_it_first)


@pytest.mark.parametrize("name", ["stats", "index", "versions"])
def test_word_of_urls_is_no_name_for_a_new_model(tmp_path: Path, name: str) -> None:
    with pytest.raises(RegistryError, match=f"cannot be called '{name}', a word of the service's own URLs"):
        publish(tmp_path, name)

    assert not (tmp_path / name).exists()


def test_version_is_shown_in_one_line(tmp_path: Path) -> None:
    stored = publish(tmp_path)

    assert repr(stored) == f"<version 1 of sum, variant fp32, in {tmp_path / 'sum' / '1'}>"
