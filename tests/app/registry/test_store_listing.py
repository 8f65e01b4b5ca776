"""What counts as a model and as a version in a folder that people and file systems put other things into."""

import re
from pathlib import Path

import pytest

from slipway_ml.errors import NothingPublished, RegistryError
from slipway_ml.registry.store import Registry
from tests.app.registry.publisher import NAME, publish_light

ESCAPES = ["", ".", "..", "../light", "light/../light", "/light", "light/1", "light\n", "light\x00", "a" * 129, "lïght"]
ESCAPES += [".light", "-light", "li ght", "li\\ght", "%2e%2e", "lost+found", "README.md", "con:", "~"]


@pytest.mark.parametrize("name", ESCAPES)
def test_name_that_no_model_can_have_is_refused(tmp_path: Path, name: str) -> None:
    registry = Registry(tmp_path)

    with pytest.raises(NothingPublished, match=re.escape(f"{name!r} is not a model name")):
        registry.read(name, 1)
    with pytest.raises(NothingPublished, match="is not a model name"):
        publish_light(tmp_path, name=name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "0", "A-b_c.d", "a" * 128, "a..b"])
def test_name_of_letters_digits_and_few_signs_is_a_model_name(tmp_path: Path, name: str) -> None:
    publish_light(tmp_path, name=name)

    assert Registry(tmp_path).model_names() == [name]


def test_models_are_listed_in_order_of_name(tmp_path: Path) -> None:
    publish_light(tmp_path, name="b")
    publish_light(tmp_path, name="a")

    assert Registry(tmp_path).model_names() == ["a", "b"]


@pytest.mark.parametrize("odd", ["lost+found", ".DS_Store", ".git", "light\n", "a b"])
def test_odd_folder_beside_the_models_is_ignored(tmp_path: Path, odd: str) -> None:
    publish_light(tmp_path)
    (tmp_path / odd).mkdir()

    assert Registry(tmp_path).model_names() == [NAME]


def test_files_and_links_to_nowhere_beside_the_models_are_ignored(tmp_path: Path) -> None:
    publish_light(tmp_path)
    (tmp_path / "notes").write_text("not a model")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    assert Registry(tmp_path).model_names() == [NAME]


@pytest.mark.parametrize(
    "odd", ["01", "0", "-1", "1.0", "1e3", "two", "2\n", " 2", "٢", "2" * 19, ".staging-1", "desired"]
)
def test_odd_folder_beside_the_versions_is_ignored(tmp_path: Path, odd: str) -> None:
    publish_light(tmp_path)
    (tmp_path / NAME / odd).mkdir(exist_ok=True)

    assert Registry(tmp_path).versions(NAME) == [1]


def test_file_called_like_a_version_is_no_version(tmp_path: Path) -> None:
    publish_light(tmp_path)
    (tmp_path / NAME / "5").write_text("not a version")

    assert Registry(tmp_path).versions(NAME) == [1]


def test_versions_are_in_order_of_number(tmp_path: Path) -> None:
    publish_light(tmp_path)
    (tmp_path / NAME / "10").mkdir()
    (tmp_path / NAME / "9").mkdir()

    assert Registry(tmp_path).versions(NAME) == [1, 9, 10]


def test_model_that_does_not_exist_has_no_versions(tmp_path: Path) -> None:
    assert Registry(tmp_path / "missing").versions("light") == []


def test_registry_of_a_missing_folder_can_be_made_and_says_so_when_listed(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "missing")

    with pytest.raises(RegistryError, match=r"models folder .*missing: No such file or directory"):
        registry.model_names()


def test_file_in_place_of_the_models_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("not a folder")

    with pytest.raises(RegistryError, match=r"models folder .*models: Not a directory"):
        Registry(tmp_path / "models").model_names()


def test_model_folder_that_leads_in_circles_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / NAME)

    with pytest.raises(RegistryError, match="Too many levels of symbolic links"):
        Registry(tmp_path).versions(NAME)


def test_version_that_is_not_named_is_the_champion(tmp_path: Path) -> None:
    publish_light(tmp_path)
    publish_light(tmp_path)

    assert [Registry(tmp_path).resolve(NAME, version) for version in (None, 2)] == [1, 2]


def test_unknown_model_is_refused_with_the_names_of_the_others(tmp_path: Path) -> None:
    publish_light(tmp_path)

    with pytest.raises(NothingPublished, match=f"no model 'other' in .*; there are: {NAME}"):
        Registry(tmp_path).resolve("other", None)
