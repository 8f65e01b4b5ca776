"""Steps that need not be done twice: each is kept in a folder named after the digest of everything it depends on.

A step's digest covers the digests of its inputs, its settings and the code of this package, so a change of one source
redoes its reading and what follows, and nothing else. The folder may be deleted at any time.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from slipway_training.errors import ConfigError

ROWS = "rows.parquet"
_FACTS = "facts.json"
_IGNORE = ".gitignore"
_EVERYTHING = "*\n"


@dataclass(frozen=True, slots=True)
class Step:
    """What a step left: a folder with its rows, the facts it stated, and whether it was kept from an earlier run."""

    digest: str
    folder: Path
    facts: dict[str, Any]
    is_kept: bool

    @property
    def rows(self) -> Path:
        """The Parquet file of its rows."""
        return self.folder / ROWS


class Cache:
    """A folder of finished steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()) and not _is_ours(folder):
                raise ConfigError(f"data.cache: {str(folder)!r} holds other files; name a folder of its own")
            (folder / _IGNORE).write_text(_EVERYTHING)
        except OSError as error:
            raise ConfigError(
                f"data.cache: {str(folder)!r} cannot be written ({error.strerror}); name another folder"
            ) from None

    def step(self, name: str, inputs: Any, make: Callable[[Path], dict[str, Any]]) -> Step:
        """The step as it was left, or made now; `make` fills a folder and states facts that fit into JSON."""
        digest = digest_of([name, inputs, _code()])
        folder = self.folder / f"{name}-{digest[:20]}"
        if (folder / _FACTS).is_file():
            return Step(digest, folder, json.loads((folder / _FACTS).read_text("utf-8")), is_kept=True)
        scratch = Path(mkdtemp(prefix=f"{name}-", dir=self.scratch()))
        try:
            facts = make(scratch)
            (scratch / _FACTS).write_text(json.dumps(facts), "utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return Step(digest, folder, facts, is_kept=False)

    def scratch(self) -> Path:
        """A folder for what is under way: steps not yet whole, and what the engine spills."""
        folder = self.folder / "scratch"
        folder.mkdir(exist_ok=True)
        return folder


def _is_ours(folder: Path) -> bool:
    """Whether a cache was made there before, by the file that it makes first."""
    return (folder / _IGNORE).is_file() and (folder / _IGNORE).read_text("utf-8", "replace") == _EVERYTHING


def digest_of(value: Any) -> str:
    """SHA-256 of anything that fits into JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@once
def _code() -> str:
    whole = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        whole.update(file.read_bytes())
    return whole.hexdigest()
