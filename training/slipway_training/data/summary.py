"""summarise(connection, relation, …): what can be said of each column of a relation in one look at its rows.

A relation is a table or view of DuckDB in which NULL is missing. Distinct values are counted exactly where that is
cheap; in a large table they are estimated first, and counted again where the estimate says that nearly all differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway_ml.contract.signature import Kind
from slipway_training.data.engine import DuckDBPyConnection, integer, one, quoted

_EXACT_ROWS = 1_000_000
_NEARLY_ALL = 0.9
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """Counts of one column; `whole` are the numbers without a fraction, the range is None for text."""

    name: str
    kind: Kind
    rows: int
    present: int
    distinct: int
    whole: int
    minimum: float | None
    maximum: float | None

    @property
    def missing(self) -> int:
        """How many rows lack it."""
        return self.rows - self.present

    @property
    def is_unique(self) -> bool:
        """Whether no two rows have the same value."""
        return self.present > 0 and self.distinct == self.present


def summarise(connection: DuckDBPyConnection, relation: str, kinds: Mapping[str, Kind]) -> dict[str, ColumnSummary]:
    """One summary per column, in the order given."""
    rows = integer(connection, f"SELECT count(*) FROM {relation}")
    count = "count(DISTINCT {})" if rows <= _EXACT_ROWS else "approx_count_distinct({})"
    names = list(kinds)
    found: dict[str, ColumnSummary] = {}
    for start in range(0, len(names), _AT_ONCE):
        for name, counts in _counts(connection, relation, names[start : start + _AT_ONCE], kinds, count).items():
            present, distinct, whole, low, high = counts
            if rows > _EXACT_ROWS and distinct >= _NEARLY_ALL * present:
                distinct = integer(connection, f"SELECT count(DISTINCT {quoted(name)}) FROM {relation}")
            found[name] = ColumnSummary(name, kinds[name], rows, present, min(distinct, present), whole, low, high)
    return found


def class_sizes(connection: DuckDBPyConnection, relation: str, target: str) -> list[int]:
    """How many rows each class has, the smallest first."""
    query = f"SELECT count(*) FROM {relation} WHERE {quoted(target)} IS NOT NULL GROUP BY {quoted(target)} ORDER BY 1"
    return [int(size) for (size,) in connection.execute(query).fetchall()]


def _counts(
    connection: DuckDBPyConnection, relation: str, names: Sequence[str], kinds: Mapping[str, Kind], count: str
) -> dict[str, Sequence[Any]]:
    terms = []
    for name in names:
        column = quoted(name)
        terms += [f"count({column})", count.format(column)]
        if kinds[name] is Kind.CATEGORY:
            terms += ["0", "NULL", "NULL"]
        else:
            number = f"{column}::DOUBLE"
            terms += [f"count(*) FILTER ({number} = trunc({number}))", f"min({number})", f"max({number})"]
    row = one(connection, f"SELECT {', '.join(terms)} FROM {relation}")
    return {name: row[5 * place : 5 * place + 5] for place, name in enumerate(names)}
