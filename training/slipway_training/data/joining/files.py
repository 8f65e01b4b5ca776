"""find(source) -> Files: the files of a path, a folder, a glob or a URL, with a digest that changes when they do.

A local file is digested by its bytes; the digest is remembered beside its size and time, so that an unchanged file is
read for it only once. An object store is not read twice for a digest: its own checksum stands for what it holds.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, Any

from slipway_training.config.sources import SourceConfig
from slipway_training.data.joining.cache import digest_of
from slipway_training.errors import ConfigError, DataCheckFailed

_FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.bz2", ".csv.xz"), "csv"),
    ".parquet": "parquet",
    ".pq": "parquet",
}
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Files:
    """Paths as DuckDB takes them, their format and digest; `system` is fsspec's, None where the files are local."""

    paths: tuple[str, ...]
    format: str
    digest: str
    system: Any = None

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """One of the files, as it lies there."""
        with open(path, "rb") if self.system is None else self.system.open(path, "rb") as file:
            yield file


def find(source: SourceConfig, memory: Path) -> Files:
    """Raises DataCheckFailed or ConfigError; `memory` is the file that remembers digests."""
    if "://" in str(source.path):
        return _remote(source.name, str(source.path))
    path = str(source.folder / str(source.path))
    if has_magic(path):
        found = sorted(name for name in glob(path, recursive=True) if _format_of(name))  # noqa: PTH207  # absolute too
    elif Path(path).is_dir():
        found = sorted(str(file) for file in Path(path).rglob("*") if file.is_file() and _format_of(file.name))
    else:
        found = [path] if Path(path).is_file() else []
    kind = _one_format(source.name, path, found)
    return Files(tuple(found), kind, digest_of([[Path(name).name, d] for name, d in _digests(found, memory)]))


def _remote(name: str, url: str) -> Files:
    import fsspec  # noqa: PLC0415  # only where a URL is named

    try:
        system, path = fsspec.core.url_to_fs(url)
        listed = system.glob(path) if has_magic(path) else system.find(path)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"source {name!r}: its URL cannot be opened: {str(error).splitlines()[0]}") from None
    except Exception as error:  # every store has errors of its own
        raise DataCheckFailed(f"source {name!r}: the store cannot be read ({type(error).__name__})") from error
    found = sorted(file for file in listed if _format_of(file))
    kind = _one_format(name, url, found)
    protocol = url.partition("://")[0]
    paths = tuple(f"{protocol}://{file.removeprefix(f'{protocol}://').lstrip('/')}" for file in found)
    return Files(paths, kind, digest_of([[file, str(system.ukey(file))] for file in found]), system)


def _format_of(name: str) -> str:
    return next((kind for ending, kind in _FORMATS.items() if name.lower().endswith(ending)), "")


def _one_format(name: str, path: str, found: Iterable[str]) -> str:
    formats = {_format_of(file) for file in found}
    if not formats:
        remedy = "" if "://" in path else "; correct the path, or give the folder of the tables with --data"
        raise DataCheckFailed(f"source {name!r}: there is no CSV or Parquet file at {path!r}{remedy}")
    if len(formats) > 1 or "" in formats:
        what = "CSV beside Parquet" if len(formats) > 1 else "a file that is neither .csv nor .parquet"
        raise DataCheckFailed(f"source {name!r}: {path!r} finds {what}; name one kind of file")
    return formats.pop()


def _digests(paths: Iterable[str], memory: Path) -> list[tuple[str, str]]:
    try:
        remembered = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        remembered = {}
    found = []
    for path in paths:
        state = Path(path).stat()
        mark = [state.st_size, state.st_mtime_ns, state.st_ino]
        key = str(Path(path).resolve())
        if key not in remembered or remembered[key][0] != mark:
            remembered[key] = [mark, _digest(path)]
        found.append((path, remembered[key][1]))
    memory.write_text(json.dumps(remembered), "utf-8")
    return found


def _digest(path: str) -> str:
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            whole.update(block)
    return whole.hexdigest()
