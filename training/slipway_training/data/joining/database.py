"""The rows of a database's query as Parquet files, a part at a time, so that their number does not matter."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipway_training.config.sources import SourceConfig
from slipway_training.errors import ConfigError, DataCheckFailed

_PART = 100_000
_SECRET = re.compile(r"^pass|passw|pwd|secret|token|(api|access|account)_?key|credential|signature", re.IGNORECASE)
"""Parameters of an address whose values open something; `sslkey` and its like are names of files."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def fetch(source: SourceConfig, folder: Path) -> str:
    """Write the parts into a folder; returns the digest of what was written. Raises ConfigError, DataCheckFailed."""
    import pyarrow as pa  # noqa: PLC0415  # only where a database is named
    import sqlalchemy as sa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    whole = hashlib.sha256()
    try:
        with _opened(_url(source)) as connection:
            result = connection.execute(sa.text(str(source.query)))
            names = list(result.keys())
            number = -1
            for number, rows in enumerate(result.partitions(_PART)):  # how many there were
                part = folder / f"part-{number:06d}.parquet"
                columns = zip(*rows, strict=True)
                table = pa.table({name: pa.array(list(cells)) for name, cells in zip(names, columns, strict=True)})
                parquet.write_table(table, part)
                whole.update(part.read_bytes())
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise DataCheckFailed(f"source {source.name!r}: the database refused the query ({reason})") from error
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataCheckFailed(
            f"source {source.name!r}: a column of the query mixes types; cast it in the query"
        ) from error
    if number < 0:
        raise DataCheckFailed(f"source {source.name!r}: the query has no rows")
    return whole.hexdigest()


@contextmanager
def _opened(url: Any) -> Iterator[Any]:
    """A connection that hands its rows on as they come; closed also where a query is refused."""
    import sqlalchemy as sa  # noqa: PLC0415

    engine = sa.create_engine(url)
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            yield connection
    finally:
        engine.dispose()


def _url(source: SourceConfig) -> Any:
    import sqlalchemy as sa  # noqa: PLC0415

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ConfigError(f"source {source.name!r}: its url names {match[1]}, which the environment has not")
        return os.environ[match[1]]

    def filled(text: str | None) -> str | None:
        return _VARIABLE.sub(value, text) if text else text

    is_whole = _VARIABLE.fullmatch(str(source.url)) is not None
    try:
        written = sa.make_url(str(filled(source.url) if is_whole else source.url))
    except sa.exc.ArgumentError:
        raise ConfigError(f"source {source.name!r}: its url is none that SQLAlchemy knows") from None
    secrets = [written.password, *[value for name, value in written.query.items() if _SECRET.search(name)]]
    if not is_whole and any(secret and not _VARIABLE.fullmatch(str(secret)) for secret in secrets):
        raise ConfigError(
            f"source {source.name!r}: its url holds a password, key or token, which would be kept with the model; "
            "write ${NAME} instead and set that environment variable"
        )
    # Filled part by part: a password may hold what parts an address, and must not end up in a message as its database.
    url = written if is_whole else _filled(written, filled)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(source.folder / url.database))
    return url


def _filled(url: Any, filled: Callable[[str | None], str | None]) -> Any:
    def either(given: str | tuple[str, ...]) -> str | tuple[str | None, ...] | None:
        return filled(given) if isinstance(given, str) else tuple(map(filled, given))

    parts = {name: filled(getattr(url, name)) for name in ("username", "password", "host", "database")}
    return url.set(**parts, query={name: either(given) for name, given in url.query.items()})
