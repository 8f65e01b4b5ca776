"""Every kind of damage to a published version is refused with its reason."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway_ml.contract.manifest import MANIFEST_FILE
from slipway_ml.errors import DamagedVersion, NothingPublished
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from tests.app.registry.publisher import NAME, publish_light

HOSTILE_NAME = "../../secret"


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0x10
    path.write_bytes(content)


def replace_with_link(path: Path) -> None:
    moved = path.rename(path.with_suffix(".moved"))
    path.symlink_to(moved)


def replace_with_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_with_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "first bit flipped": (lambda path: flip(path, 0), "model.onnx does not have the SHA-256"),
    "last bit flipped": (lambda path: flip(path, -1), "model.onnx does not have the SHA-256"),
    "truncated": (lambda path: os.truncate(path, 7), "model.onnx has 7 bytes, the manifest says 100000"),
    "emptied": (lambda path: os.truncate(path, 0), "model.onnx has 0 bytes, the manifest says 100000"),
    "longer": (lambda path: os.truncate(path, 100_001), "model.onnx has 100001 bytes, the manifest says 100000"),
    "missing": (Path.unlink, r"model.onnx cannot be read \(No such file or directory\)"),
    "a link": (replace_with_link, r"model.onnx cannot be read \(Too many levels of symbolic links\)"),
    "a folder": (replace_with_folder, "model.onnx is not a regular file"),
    "a pipe": (replace_with_pipe, "model.onnx is not a regular file"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_model_is_refused(tmp_path: Path, damage: Callable[[Path], object], reason: str) -> None:
    stored = publish_light(tmp_path)
    damage(stored.folder / MODEL_FILE)

    with pytest.raises(DamagedVersion, match=f"^version 1 of model 'light' cannot be used: {reason}"):
        Registry(tmp_path).read(NAME, 1).read_model()
    with pytest.raises(DamagedVersion, match=reason):
        Registry(tmp_path).promote(NAME, 1, alias="challenger")


@pytest.mark.parametrize("position", [0, 5, 400, 1000, -300, -2, -1])
def test_manifest_with_a_flipped_bit_is_refused_where_its_digest_is_known(tmp_path: Path, position: int) -> None:
    stored = publish_light(tmp_path)
    flip(stored.folder / MANIFEST_FILE, position)

    with pytest.raises(DamagedVersion, match=r"manifest\.json"):
        Registry(tmp_path).read(NAME, 1, stored.manifest_sha256)


DAMAGED_MANIFEST: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (lambda path: os.truncate(path, 100), "manifest.json is not JSON"),
    "missing": (Path.unlink, r"manifest.json cannot be read \(No such file"),
    "a link": (replace_with_link, "manifest.json cannot be read"),
    "a folder": (replace_with_folder, "manifest.json is not a regular file"),
    "another file": (lambda path: path.write_text('{"schema": 1}'), "manifest.json: model_name: Field required"),
    "newer": (lambda path: path.write_text('{"schema": 99}'), "manifest.json has schema 99"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGED_MANIFEST.values(), ids=DAMAGED_MANIFEST.keys())
def test_damaged_manifest_is_refused(tmp_path: Path, damage: Callable[[Path], object], reason: str) -> None:
    stored = publish_light(tmp_path)
    damage(stored.folder / MANIFEST_FILE)

    with pytest.raises(DamagedVersion, match=reason):
        Registry(tmp_path).read(NAME, 1)


def test_manifest_other_than_the_promoted_one_is_refused(tmp_path: Path) -> None:
    stored = publish_light(tmp_path)
    path = stored.folder / MANIFEST_FILE
    path.write_bytes(path.read_bytes().replace(b'"int8"', b'"fp32"'))

    with pytest.raises(DamagedVersion, match=r"manifest\.json is not the one that was promoted"):
        Registry(tmp_path).read(NAME, 1, stored.manifest_sha256)


def test_version_of_another_model_is_refused(tmp_path: Path) -> None:
    publish_light(tmp_path)
    shutil.copytree(tmp_path / NAME, tmp_path / "copy")

    with pytest.raises(DamagedVersion, match=r"manifest\.json belongs to another model or version"):
        Registry(tmp_path).read("copy", 1)


def test_version_under_another_number_is_refused(tmp_path: Path) -> None:
    stored = publish_light(tmp_path)
    stored.folder.rename(tmp_path / NAME / "2")

    with pytest.raises(DamagedVersion, match=r"manifest\.json belongs to another model or version"):
        Registry(tmp_path).read(NAME, 2)


@pytest.mark.parametrize("version", [0, -1, 2, 10**30])
def test_version_that_is_not_there_is_said(tmp_path: Path, version: int) -> None:
    publish_light(tmp_path)

    with pytest.raises(NothingPublished, match=f"model 'light' has no version {version} in "):
        Registry(tmp_path).read(NAME, version)


def test_file_that_the_manifest_does_not_name_is_not_read(tmp_path: Path) -> None:
    stored = publish_light(tmp_path)
    (stored.folder / "extra").write_text("slipped in")

    with pytest.raises(DamagedVersion, match="the manifest names no extra"):
        stored.read_file("extra")


def test_file_outside_the_version_is_not_read_even_if_the_manifest_names_it(tmp_path: Path) -> None:
    stored = with_file(publish_light(tmp_path), HOSTILE_NAME)
    shutil.copy(stored.folder / MODEL_FILE, stored.folder / HOSTILE_NAME)

    with pytest.raises(DamagedVersion, match="the manifest names no "):
        stored.read_file(HOSTILE_NAME)


def with_file(stored: StoredVersion, name: str) -> StoredVersion:
    path = stored.folder / MANIFEST_FILE
    document: dict[str, Any] = json.loads(path.read_bytes())
    document["files"][name] = document["files"][MODEL_FILE]
    path.write_text(json.dumps(document))
    return Registry(stored.folder.parents[1]).read(stored.manifest.model_name, stored.manifest.model_version)
