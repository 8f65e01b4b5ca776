"""What should be served of one model: aliases, as numbered generations in `desired/`.

Each generation is one file, linked into place exclusively, so two writers can never both win a number. The highest
number is the wish of now; the lower ones are the history that a rollback or a fallback reads. Servers only read.
"""

import json
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import NothingPublished, PublishConflict, RegistryError
from app.registry.durable import make_folder, sync_folder, write_file

CHAMPION = "champion"
SCHEMA = 1

_GENERATION_FILE = re.compile(r"^([1-9][0-9]{0,17})\.json$")
_VERSION = re.compile(r"^[1-9][0-9]{0,17}$")
_ATTEMPTS = 20


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
    """The generations on disk, oldest first; other entries of the folder are ignored."""
    try:
        names = [entry.name for entry in (model_folder / "desired").iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(int(match[1]) for match in map(_GENERATION_FILE.match, names) if match)


def read_generation(model_folder: Path, generation: int) -> DesiredState:
    """Read one generation; raises RegistryError when it is damaged or newer than this release can read."""
    where = f"{model_folder.name}/desired/{generation}.json"
    try:
        document = json.loads((model_folder / "desired" / f"{generation}.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        raise RegistryError(f"{where} cannot be read; write a new generation with 'slipway models promote'") from None
    try:
        schema = document["schema"]
        aliases = {str(alias): _version(value) for alias, value in document["aliases"].items()}
        digests = {_version(key): str(value) for key, value in document.get("manifest_sha256", {}).items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        raise RegistryError(f"{where} is not a desired state; write a new one with 'slipway models promote'") from None
    if schema != SCHEMA:
        raise RegistryError(f"{where} has schema {schema}, this release reads {SCHEMA}; upgrade the server")
    return DesiredState(generation, aliases, digests, str(document.get("reason", "")))


def read_current(model_folder: Path) -> DesiredState:
    """The highest generation, or an empty generation 0 where nothing is desired yet."""
    known = generations(model_folder)
    return read_generation(model_folder, known[-1]) if known else DesiredState()


def champions(model_folder: Path) -> list[DesiredState]:
    """Every readable generation that names a champion, newest first, each champion version once."""
    found: dict[int, DesiredState] = {}
    for generation in reversed(generations(model_folder)):
        try:
            state = read_generation(model_folder, generation)
        except RegistryError:
            continue
        if CHAMPION in state.aliases:
            found.setdefault(state.aliases[CHAMPION], state)
    return list(found.values())


def write(model_folder: Path, state: DesiredState) -> None:
    """Write a generation; raises PublishConflict when that number was taken by another writer."""
    folder = model_folder / "desired"
    make_folder(folder)
    document = {
        "schema": SCHEMA,
        "aliases": {alias: str(version) for alias, version in sorted(state.aliases.items())},
        "manifest_sha256": {str(version): value for version, value in sorted(state.manifest_sha256.items())},
        "reason": state.reason,
    }
    temporary = folder / f".{uuid.uuid4().hex}"
    write_file(temporary, json.dumps(document, indent=2).encode() + b"\n")
    try:
        os.link(temporary, folder / f"{state.generation}.json")
    except FileExistsError:
        raise PublishConflict(
            f"generation {state.generation} of model {model_folder.name!r} was written by somebody else; try again"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)


def update(model_folder: Path, change: Callable[[DesiredState], DesiredState | None]) -> DesiredState:
    """Apply a change to the newest generation and write it, again if another writer was faster.

    `change` returns the next generation, or None to leave things as they are. Returns what is desired afterwards.
    """
    for _ in range(_ATTEMPTS):
        current = read_current(model_folder)
        wanted = change(current)
        if wanted is None:
            return current
        try:
            write(model_folder, wanted)
        except PublishConflict:
            continue
        return wanted
    raise PublishConflict(f"model {model_folder.name!r} is being changed by others all the time; try again later")


def previous_champion(model_folder: Path) -> DesiredState:
    """The generation whose champion was served before today's; raises NothingPublished where there was none."""
    earlier = champions(model_folder)[1:]
    if not earlier:
        raise NothingPublished(f"model {model_folder.name!r} has no earlier champion to roll back to")
    return earlier[0]


def _version(value: object) -> int:
    if not isinstance(value, str) or not _VERSION.match(value):
        raise ValueError(value)
    return int(value)
