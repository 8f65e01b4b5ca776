"""read(source, …): one source as Parquet files that the engine can join, with a digest of what is in it.

Parquet is used where it lies. CSV is stored as typed Parquet once. A database tells no digest of a query, so it is
asked every time; equal rows have an equal digest, and what follows is then kept.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from slipway_ml.contract.csv_format import CsvFormat
from slipway_training.config.sources import SourceConfig
from slipway_training.data.engine import DuckDBPyConnection
from slipway_training.data.joining import csv_files, database
from slipway_training.data.joining.cache import ROWS, Cache
from slipway_training.data.joining.files import Files, find


@dataclass(frozen=True, slots=True)
class Read:
    """Where the rows are now, their digest, and how they came there, in words."""

    paths: tuple[str, ...]
    digest: str
    how: str


def digest(cache: Cache, source: SourceConfig) -> str:
    """What `read` would say, without storing files."""
    return _query(cache, source).digest if source.path is None else _find(cache, source).digest


def read(connection: DuckDBPyConnection, cache: Cache, source: SourceConfig) -> Read:
    """Raises ConfigError or DataCheckFailed that names the source."""
    if source.path is None:
        return _query(cache, source)
    files = _find(cache, source)
    if files.system is not None:
        connection.register_filesystem(files.system)
    count = f"{len(files.paths)} file{'s' if len(files.paths) > 1 else ''} of {files.format}"
    if files.format == "parquet":
        return Read(files.paths, files.digest, f"{count}, used as they are")

    def make(folder: Path) -> dict[str, str]:
        csv_files.store(connection, source, files, folder / ROWS)
        return {}

    written = source.model_dump(mode="json", include={*CsvFormat.model_fields, "kinds"})
    step = cache.step("read", [files.digest, written], make)
    return Read((str(step.rows),), files.digest, f"{count}, {'kept from before' if step.is_kept else 'read'}")


def _find(cache: Cache, source: SourceConfig) -> Files:
    return find(source, cache.folder / "digests.json")


def _query(cache: Cache, source: SourceConfig) -> Read:
    scratch = Path(mkdtemp(prefix="query-", dir=cache.scratch()))
    try:
        found = database.fetch(source, scratch)

        def keep(folder: Path) -> dict[str, str]:
            for part in scratch.iterdir():
                shutil.move(part, folder)
            return {}

        step = cache.step("query", found, keep)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Read(tuple(sorted(map(str, step.folder.glob("part-*.parquet")))), found, "asked of the database")
