"""What should be served of one model: aliases, as numbered generations in `desired/`.

Each generation is one file, linked into place exclusively, so two writers can never both win a number. The highest
number is the wish of now; the lower ones are the history that a rollback or a fallback reads. Servers only read.
"""

import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from slipway_ml.errors import NothingPublished, PublishConflict, RegistryError
from slipway_ml.registry.durable import make_folder, sync_folder, write_file
from slipway_ml.registry.integrity import read_file

CHAMPION = "champion"
SCHEMA = 1

_GENERATION_FILE = re.compile(r"([1-9][0-9]{0,17})\.json")
_VERSION = re.compile(r"[1-9][0-9]{0,17}")
_ATTEMPTS = 20
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}")
_ABANDONED_SECONDS = 3600
_MOST_BYTES = 1024 * 1024  # a generation holds an alias or two


class DamagedGeneration(RegistryError):
    """A generation's file is not what this code writes; the next generation repairs it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where} {what}; write a new generation with 'slipway models promote'")


@dataclass(frozen=True, slots=True)
class DesiredState:
    """One generation. `aliases` maps an alias to a version, `manifest_sha256` a version to its manifest's digest."""

    generation: int = 0
    aliases: dict[str, int] = field(default_factory=dict)
    manifest_sha256: dict[int, str] = field(default_factory=dict)
    reason: str = ""

    def with_alias(self, alias: str, version: int, manifest_sha256: str, reason: str) -> "DesiredState":
        """The next generation, with one alias set and digests kept only for versions that an alias names."""
        aliases = {**self.aliases, alias: version}
        known = {**self.manifest_sha256, version: manifest_sha256}
        digests = {v: known[v] for v in sorted(set(aliases.values())) if v in known}
        return DesiredState(self.generation + 1, aliases, digests, reason)


def generations(model_folder: Path) -> list[int]:
    """The generations on disk, oldest first, other entries ignored; raises RegistryError when they cannot be listed."""
    try:
        names = [entry.name for entry in (model_folder / "desired").iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RegistryError(f"{model_folder.name}/desired cannot be listed: {os.strerror(error.errno or 0)}") from None
    return sorted(int(match[1]) for match in map(_GENERATION_FILE.fullmatch, names) if match)


def read_generation(model_folder: Path, generation: int) -> DesiredState:
    """Read one generation; raises RegistryError when it is damaged or newer than this release can read."""
    where = f"{model_folder.name}/desired/{generation}.json"
    try:
        document = json.loads(read_file(model_folder / "desired" / f"{generation}.json", _MOST_BYTES))
    except (ValueError, RecursionError):
        raise DamagedGeneration(where, "cannot be read") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is not int or schema < SCHEMA:
        raise DamagedGeneration(where, "is not a desired state")
    if schema > SCHEMA:
        raise RegistryError(f"{where} has schema {schema}, this release reads {SCHEMA}; upgrade the server")
    try:
        aliases = {str(alias): _version(value) for alias, value in document["aliases"].items()}
        digests = {_version(key): str(value) for key, value in document.get("manifest_sha256", {}).items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        raise DamagedGeneration(where, "is not a desired state") from None
    return DesiredState(generation, aliases, digests, str(document.get("reason", "")))


def read_current(model_folder: Path) -> DesiredState:
    """The highest generation, or an empty generation 0 where nothing is desired yet."""
    known = generations(model_folder)
    return read_generation(model_folder, known[-1]) if known else DesiredState()


def champions(model_folder: Path) -> list[DesiredState]:
    """Every readable generation that names a champion, newest first, each champion version once."""
    found: dict[int, DesiredState] = {}
    for state in _readable(model_folder):
        if CHAMPION in state.aliases:
            found.setdefault(state.aliases[CHAMPION], state)
    return list(found.values())


def named_versions(model_folder: Path) -> set[int]:
    """Every version that any readable generation gave an alias."""
    return {version for state in _readable(model_folder) for version in state.aliases.values()}


def _readable(model_folder: Path) -> Iterator[DesiredState]:
    for generation in reversed(generations(model_folder)):
        try:
            yield read_generation(model_folder, generation)
        except RegistryError:
            continue


def write(model_folder: Path, state: DesiredState) -> None:
    """Write a generation; raises PublishConflict when another writer took that number, RegistryError for the disk."""
    document = {
        "schema": SCHEMA,
        "aliases": {alias: str(version) for alias, version in sorted(state.aliases.items())},
        "manifest_sha256": {str(version): value for version, value in sorted(state.manifest_sha256.items())},
        "reason": state.reason,
    }
    try:
        _link_exclusively(model_folder / "desired", state.generation, json.dumps(document, indent=2).encode() + b"\n")
    except OSError as error:
        raise RegistryError(
            f"the desired state of model {model_folder.name!r} cannot be written: {os.strerror(error.errno or 0)}"
        ) from None


def _link_exclusively(folder: Path, generation: int, content: bytes) -> None:
    make_folder(folder)
    _remove_abandoned(folder)
    temporary = folder / f".{uuid.uuid4().hex}"
    try:
        write_file(temporary, content)
        os.link(temporary, folder / f"{generation}.json")
    except FileExistsError:
        raise PublishConflict(
            f"generation {generation} of model {folder.parent.name!r} was written by another process; try again"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)


def _remove_abandoned(folder: Path) -> None:
    """Files of writers that were killed between writing and linking; those of the last hour may still be at work."""
    for entry in folder.glob(".*"):
        with suppress(OSError):
            if _TEMPORARY.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _ABANDONED_SECONDS:
                entry.unlink()


def update(model_folder: Path, change: Callable[[DesiredState], DesiredState | None]) -> DesiredState:
    """Apply a change to the newest generation and write it, again if another writer was faster.

    Where the newest is damaged, the change applies to the last one that is whole. `change` returns the next generation,
    or None to leave things as they are. Returns what is desired afterwards.
    """
    for _ in range(_ATTEMPTS):
        current = _last_whole(model_folder)
        wanted = change(current)
        if wanted is None:
            return current
        try:
            write(model_folder, wanted)
        except PublishConflict:
            continue
        return wanted
    raise PublishConflict(f"model {model_folder.name!r} is being changed by others all the time; try again later")


def is_whole(model_folder: Path) -> bool:
    """Whether the newest generation, if there is any, can be read."""
    try:
        read_current(model_folder)
    except RegistryError:
        return False
    return True


def _last_whole(model_folder: Path) -> DesiredState:
    """The last generation that is whole, numbered as the newest, so that what is built on it comes after all."""
    known = generations(model_folder)
    for generation in reversed(known):
        try:
            return replace(read_generation(model_folder, generation), generation=known[-1])
        except DamagedGeneration:
            continue
    return DesiredState(known[-1] if known else 0)


def previous_champion(model_folder: Path) -> DesiredState:
    """The generation to roll back to: that of the champion before today's; raises NothingPublished without one.

    What was rolled back is forgotten, so that rolling back once more goes further back and not to the version that
    was just taken away. Generations that cannot be read are passed over.
    """
    standing: list[DesiredState] = []
    for state in reversed(list(_readable(model_folder))):
        version = state.aliases.get(CHAMPION)
        if version is None or (standing and standing[-1].aliases[CHAMPION] == version):
            continue
        if state.reason == rolled_back_to(version):
            while standing and standing[-1].aliases[CHAMPION] != version:
                standing.pop()
        if not standing or standing[-1].aliases[CHAMPION] != version:
            standing.append(state)
    if not standing[1:]:
        raise NothingPublished(f"model {model_folder.name!r} has no earlier champion to roll back to")
    return standing[-2]


def rolled_back_to(version: int) -> str:
    """The reason that a generation has which was made by rolling back."""
    return f"rolled back to {version}"


def _version(value: object) -> int:
    if not isinstance(value, str) or not _VERSION.fullmatch(value):
        raise ValueError(value)
    return int(value)
