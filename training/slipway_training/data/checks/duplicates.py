"""Rows that stand in the table twice, and rows that are alike but have another label."""

from collections.abc import Iterator, Sequence

from slipway_training.data.engine import DuckDBPyConnection, one, quoted
from slipway_training.data.findings import Finding, warning

_CONFLICTS = 0.01


def check_duplicates(
    connection: DuckDBPyConnection, relation: str, features: Sequence[str], target: str, *, has_classes: bool
) -> Iterator[Finding]:
    """Rows are compared by a 64-bit digest of their cells, so that any number of columns costs the same memory."""
    cells = ", ".join(map(quoted, features))
    query = f"""
        WITH alike AS (
            SELECT hash({cells}) AS features, hash({quoted(target)}) AS target, count(*) AS rows
            FROM {relation} GROUP BY ALL
        ), labelled AS (SELECT sum(rows) AS rows, count(*) AS targets FROM alike GROUP BY features)
        SELECT (SELECT sum(rows) FROM alike), (SELECT sum(rows - 1) FROM alike),
               (SELECT sum(rows) FROM labelled WHERE targets > 1)
    """
    rows, repeated, conflicting = (int(number or 0) for number in one(connection, query))
    if repeated:
        message = f"{repeated} of {rows} rows repeat another row in every column"
        remedy = "remove them, or name what tells them apart: a group keeps alike rows on one side of the split"
        yield warning("duplicate_rows", message, remedy, rows=repeated, of=rows)
    if has_classes and conflicting > _CONFLICTS * rows:
        message = f"{conflicting} of {rows} rows are like another row that has another label"
        yield warning("conflicting_labels", message, "bring a column that tells them apart", rows=conflicting, of=rows)
