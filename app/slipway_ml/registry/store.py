"""The models folder: list, read and publish versions.

Layout: `<root>/<model>/<version>/{manifest.json, model.onnx, …}` beside `<root>/<model>/desired/`. Publishing writes a
hidden folder next to the versions, flushes it, and renames it to the next free number; a reader therefore sees a whole
version or none. Anything in the folder that is not a model name or a version number is ignored.
"""

import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway_ml.contract.manifest import MANIFEST_FILE, FileDigest, ModelManifest, manifest_from_json, manifest_to_json
from slipway_ml.contract.merit import shortcomings
from slipway_ml.contract.stored_document import UnreadableDocument
from slipway_ml.errors import DamagedVersion, NothingPublished, PublishConflict, RegistryError
from slipway_ml.registry import desired_state
from slipway_ml.registry.desired_state import CHAMPION, DesiredState
from slipway_ml.registry.durable import make_folder, sync_folder, write_file
from slipway_ml.registry.integrity import IntegrityError, digest, read_file, read_verified, sha256

MODEL_FILE = "model.onnx"
REPORT_FILE = "report.html"

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_NOT_MODELS = frozenset({"lost+found", "README.md"})
_ROUTE_WORDS = frozenset({"config", "index", "infer", "load", "metadata", "ready", "stats", "unload", "versions"})
"""Words of the URLs of models, which a client could not tell from a model of that name."""
_VERSION = re.compile(r"[1-9][0-9]{0,17}")
_STAGING = ".staging-"
_STALE_STAGING_SECONDS = 3600
_ATTEMPTS = 100


@dataclass(frozen=True, slots=True, repr=False)
class StoredVersion:
    """A manifest that was read, with the digest of its bytes and the folder it describes."""

    manifest: ModelManifest
    manifest_sha256: str
    folder: Path

    def read_model(self) -> bytes:
        """The bytes of `model.onnx`, checked; raises DamagedVersion when they are not the published ones."""
        return self.read_file(MODEL_FILE)

    def __repr__(self) -> str:
        """What a notebook shows: which version this is and where it lies, not all that its manifest holds."""
        manifest = self.manifest
        report = f", report {self.folder / REPORT_FILE}" if REPORT_FILE in manifest.files else ""
        return (
            f"<version {manifest.model_version} of {manifest.model_name}, "
            f"variant {manifest.variant}, in {self.folder}{report}>"
        )

    def read_file(self, name: str) -> bytes:
        """The bytes of one file of the version, checked; raises DamagedVersion."""
        manifest = self.manifest
        expected = manifest.files.get(name)
        if expected is None or not _FILE_NAME.fullmatch(name):
            raise DamagedVersion(manifest.model_name, manifest.model_version, f"the manifest names no {name}")
        try:
            return read_verified(self.folder / name, expected)
        except IntegrityError as error:
            raise DamagedVersion(manifest.model_name, manifest.model_version, str(error)) from None


class Registry:
    """A models folder. Creating the object touches nothing; the folder may appear later."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, model_name: str) -> Path:
        """The folder of a model; raises NothingPublished for a name that no model can have."""
        if not _is_model_name(model_name):
            raise NothingPublished(f"{model_name!r} is not a model name: letters, digits, '_', '-', '.', at most 128")
        return self.root / model_name

    def model_names(self) -> list[str]:
        """Names of the models in the folder, sorted; raises RegistryError when the folder cannot be listed."""
        try:
            return sorted(name for name in _folders(self.root) if _is_model_name(name))
        except OSError as error:
            raise RegistryError(f"models folder {self.root}: {os.strerror(error.errno or 0)}") from None

    def versions(self, model_name: str) -> list[int]:
        """Version numbers of a model, ascending; empty where there is no such model."""
        folder = self.folder(model_name)
        try:
            return sorted(int(name) for name in _folders(folder) if _VERSION.fullmatch(name))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise RegistryError(f"model folder {folder}: {os.strerror(error.errno or 0)}") from None

    def published(self, model_name: str) -> list[int]:
        """Version numbers of a model that has some; raises NothingPublished, which names the models there are."""
        found = self.versions(model_name)
        if not found:
            known = ", ".join(self.model_names()) or "none"
            raise NothingPublished(f"no model {model_name!r} in {self.root}; there are: {known}")
        return found

    def resolve(self, model_name: str, version: int | None) -> int:
        """The version asked for, else the champion; raises NothingPublished where there is no model or no champion."""
        published = self.published(model_name)
        wanted = version if version is not None else self.desired(model_name).aliases.get(CHAMPION)
        if wanted is None:
            listing = ", ".join(map(str, published))
            raise NothingPublished(f"model {model_name!r} has no champion; name a version: {listing}")
        return wanted

    def desired(self, model_name: str) -> DesiredState:
        """The newest desired state of a model."""
        return desired_state.read_current(self.folder(model_name))

    def champions(self, model_name: str) -> list[DesiredState]:
        """The generations that named a champion, newest first, each version once."""
        return desired_state.champions(self.folder(model_name))

    def read(self, model_name: str, version: int, expected_sha256: str | None = None) -> StoredVersion:
        """Read a manifest; raises NothingPublished or DamagedVersion.

        `expected_sha256` is what the desired state says of the manifest, where it says it.
        """
        folder = self.folder(model_name) / str(version)
        if not folder.is_dir():
            raise NothingPublished(f"model {model_name!r} has no version {version} in {self.root}")
        try:
            content = read_file(folder / MANIFEST_FILE)
            manifest = manifest_from_json(content)
        except (IntegrityError, UnreadableDocument) as error:
            raise DamagedVersion(model_name, version, str(error)) from None
        found = sha256(content)
        if expected_sha256 is not None and found != expected_sha256:
            raise DamagedVersion(model_name, version, "manifest.json is not the one that was promoted")
        if (manifest.model_name, manifest.model_version) != (model_name, version):
            raise DamagedVersion(model_name, version, "manifest.json belongs to another model or version")
        return StoredVersion(manifest, found, folder)

    def publish(
        self,
        model_name: str,
        files: Mapping[str, bytes],
        build_manifest: Callable[[int, dict[str, FileDigest]], ModelManifest],
    ) -> StoredVersion:
        """Write one new version and return it; the first against which nothing speaks becomes the model's champion.

        `files` maps relative paths to contents. `build_manifest(version, digests)` is called with the number the
        version will have, once more if another publisher takes that number first. Raises RegistryError when the disk
        refuses; nothing is then left behind.
        """
        folder = self.folder(model_name)
        check_new_name(model_name)
        for name in files:
            if not _FILE_NAME.fullmatch(name) or name == MANIFEST_FILE:
                raise RegistryError(f"{name!r} cannot be a file of a version")
        digests = {name: digest(content) for name, content in files.items()}
        try:
            make_folder(folder)
            _remove_stale_staging(folder)
            with _staging(folder) as staged:
                for name, content in files.items():
                    make_folder((staged / name).parent)
                    write_file(staged / name, content)
                stored = self._rename_to_next(staged, folder, lambda version: build_manifest(version, digests))
        except OSError as error:
            raise RegistryError(
                f"publishing {model_name!r} in {self.root} failed: {os.strerror(error.errno or 0)}"
            ) from None
        self._make_first_champion(stored)
        return stored

    def promote(self, model_name: str, version: int, alias: str = CHAMPION, reason: str = "promoted") -> DesiredState:
        """Point an alias at a version that is whole; raises NothingPublished, DamagedVersion or PublishConflict."""
        stored = self.read(model_name, version)
        for name in {MODEL_FILE, *stored.manifest.files}:
            stored.read_file(name)
        return self._set_alias(stored, alias, reason)

    def rollback(self, model_name: str) -> DesiredState:
        """Make the champion before this one the champion again; once more goes further back."""
        previous = desired_state.previous_champion(self.folder(model_name)).aliases[CHAMPION]
        return self.promote(model_name, previous, reason=desired_state.rolled_back_to(previous))

    def _set_alias(self, stored: StoredVersion, alias: str, reason: str) -> DesiredState:
        version, folder = stored.manifest.model_version, stored.folder.parent

        def change(current: DesiredState) -> DesiredState | None:
            is_set = (
                current.aliases.get(alias) == version and current.manifest_sha256.get(version) == stored.manifest_sha256
            )
            if is_set and desired_state.is_whole(folder):
                return None
            return current.with_alias(alias, version, stored.manifest_sha256, reason)

        return desired_state.update(folder, change)

    def _make_first_champion(self, stored: StoredVersion) -> None:
        if shortcomings(stored.manifest):
            return
        version = stored.manifest.model_version

        def change(current: DesiredState) -> DesiredState | None:
            if CHAMPION in current.aliases:
                return None
            return current.with_alias(CHAMPION, version, stored.manifest_sha256, "first version that may serve")

        desired_state.update(stored.folder.parent, change)

    def _rename_to_next(self, staged: Path, folder: Path, build: Callable[[int], ModelManifest]) -> StoredVersion:
        for _ in range(_ATTEMPTS):
            version = _next_version(folder)
            manifest = build(version)
            content = manifest_to_json(manifest)
            (staged / MANIFEST_FILE).unlink(missing_ok=True)
            write_file(staged / MANIFEST_FILE, content)
            _sync_tree(staged)
            try:
                staged.rename(folder / str(version))
            except OSError:
                if (folder / str(version)).exists():
                    continue
                raise
            sync_folder(folder)
            return StoredVersion(manifest, sha256(content), folder / str(version))
        raise PublishConflict(
            f"model {folder.name!r}: other publishers took {_ATTEMPTS} numbers in a row; try again later"
        )


def check_new_name(name: str) -> None:
    """Raise RegistryError for a word that URLs use themselves; a model that has it already is served all the same."""
    if name in _ROUTE_WORDS:
        raise RegistryError(f"a model cannot be called {name!r}, a word of the service's own URLs; choose another name")


def _is_model_name(name: str) -> bool:
    return bool(_MODEL_NAME.fullmatch(name)) and name not in _NOT_MODELS


def _folders(parent: Path) -> list[str]:
    with os.scandir(parent) as entries:
        return [entry.name for entry in entries if _is_folder(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere
        return False


def _next_version(folder: Path) -> int:
    # Numbers in the history count too: a deleted version's number must never mean something else.
    taken = {int(entry.name) for entry in folder.iterdir() if _VERSION.fullmatch(entry.name)}
    return max({0} | taken | desired_state.named_versions(folder)) + 1


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    staged = folder / f"{_STAGING}{uuid.uuid4().hex}"
    staged.mkdir()
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _remove_stale_staging(folder: Path) -> None:
    for entry in folder.glob(f"{_STAGING}*"):
        try:
            is_stale = time.time() - entry.stat().st_mtime > _STALE_STAGING_SECONDS
        except OSError:
            continue
        if is_stale:
            shutil.rmtree(entry, ignore_errors=True)


def _sync_tree(root: Path) -> None:
    for folder, _, _ in os.walk(root, topdown=False):
        sync_folder(Path(folder))
