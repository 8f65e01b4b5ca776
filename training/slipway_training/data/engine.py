"""The one endpoint to DuckDB: a connection with bounded memory, and names and texts quoted for SQL.

DuckDB works through tables that are larger than memory; what does not fit is spilled to a folder. Nothing is fetched:
extensions that are not part of the package stay off.
"""

from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

__all__ = ["DuckDBPyConnection", "connect", "integer", "literal", "one", "quoted"]


def connect(memory: str = "2GB", spill: Path | None = None) -> DuckDBPyConnection:
    """A connection to nothing yet; `memory` is what DuckDB may use before it spills."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if spill is not None:
        settings["temp_directory"] = str(spill)
    connection = duckdb.connect(config=settings)
    connection.execute("SET enable_progress_bar = false")
    return connection


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def one(connection: DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The one row that a query returns; fetched whole, since an open result blocks the connection."""
    row: tuple[Any, ...] = connection.execute(query).fetchall()[0]
    return row


def integer(connection: DuckDBPyConnection, query: str) -> int:
    """The one whole number that a query predictions."""
    return int(one(connection, query)[0] or 0)
