"""profile(table) -> text: what the rows are like, as a file of checks for a person to read, loosen and keep."""

import json
import math
import re

from slipway_ml.contract.signature import Kind
from slipway_training.data.engine import DuckDBPyConnection, connect, quoted
from slipway_training.data.relation import of_table
from slipway_training.data.summary import ColumnSummary, summarise
from slipway_training.data.table import Table

_MOST_CATEGORIES = 50
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def profile(table: Table) -> str:
    """TOML with one section per column, the same for the same rows."""
    lines = [
        "# What the rows are like now, and must be like from now on. Read it, loosen what may vary, then name it in",
        "# the config as data.checks. Texts of a column stand here as they are in the data.",
    ]
    with connect() as connection:
        of_table(connection, table, "rows")
        for name, column in summarise(connection, "rows", table.kinds).items():
            key = name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
            lines += ["", f"[columns.{key}]", *_lines(connection, column)]
    return "\n".join(lines) + "\n"


def _lines(connection: DuckDBPyConnection, column: ColumnSummary) -> list[str]:
    lines = [f'kind = "{column.kind}"']
    if column.minimum is not None and column.maximum is not None and column.kind is not Kind.BOOLEAN:
        lines += [f"minimum = {column.minimum!r}", f"maximum = {column.maximum!r}"]
    if column.kind is Kind.CATEGORY and column.distinct <= _MOST_CATEGORIES:
        name = quoted(column.name)
        found = connection.execute(f"SELECT DISTINCT {name} FROM rows WHERE {name} IS NOT NULL ORDER BY 1").fetchall()
        lines.append(f"categories = {json.dumps([text for (text,) in found], ensure_ascii=False)}")
    share = math.ceil(1000 * column.missing / column.rows) / 1000 if column.rows else 0.0
    lines.append(
        f"missing_share = {share}  # {column.missing} of {column.rows} rows, {column.distinct} different values"
    )
    if column.kind is Kind.CATEGORY and column.is_unique:
        lines.append("unique = true")
    return lines
