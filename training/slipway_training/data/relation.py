"""A Table as a relation of DuckDB, so that the same checks read rows in memory and rows on disk.

In a relation NULL is missing, whatever a Table has for it; the target is one more column.
"""

from slipway_training.data.engine import DuckDBPyConnection, quoted
from slipway_training.data.table import Table

TARGET = "the target"
"""What the target is called in the relation of a Table; no column of a file has a space and an article by chance."""


def of_table(connection: DuckDBPyConnection, table: Table, relation: str) -> str:
    """Make a view of the table's rows with its target; returns the name given."""
    frame = table.frame.copy(deep=False)
    frame[TARGET] = table.target
    connection.register(f"{relation}_frame", frame)
    columns = [
        f"nullif({quoted(n)}, '') AS {quoted(n)}" if _is_text(table, n) else quoted(n) for n in map(str, frame.columns)
    ]
    connection.execute(f"CREATE OR REPLACE VIEW {relation} AS SELECT {', '.join(columns)} FROM {relation}_frame")
    return relation


def _is_text(table: Table, name: str) -> bool:
    return name != TARGET and table.frame[name].dtype == object
