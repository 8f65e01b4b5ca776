"""Expectations as one query: how many rows break each of them, whatever the number of rows."""

from collections.abc import Iterator, Mapping

from slipway_ml.contract.signature import Kind
from slipway_training.config.expectations import ColumnExpectation, Expectations
from slipway_training.data.engine import DuckDBPyConnection, literal, one, quoted
from slipway_training.data.findings import Finding, error

_REMEDY = "correct the rows at their source, or change the file of checks if they are right"


def check_expectations(
    connection: DuckDBPyConnection, relation: str, kinds: Mapping[str, Kind], wanted: Expectations
) -> Iterator[Finding]:
    """One finding for each expectation that rows break, with their count."""
    terms: dict[tuple[str, str], str] = {}
    for name, column in wanted.columns.items():
        if name not in kinds:
            yield error("expectation", f"column {name!r} is expected and not there", _REMEDY, name)
        elif column.kind is not None and column.kind is not kinds[name]:
            message = f"column {name!r} is expected to be of kind {column.kind}, and is of kind {kinds[name]}"
            yield error("expectation", message, _REMEDY, name)
        else:
            terms |= {(name, what): term for what, term in _terms(name, column).items()}
    if not terms:
        return
    rows, *counts = one(connection, f"SELECT count(*), {', '.join(terms.values())} FROM {relation}")
    for (name, what), count in zip(terms, counts, strict=True):
        allowed = int(wanted.columns[name].missing_share * rows) if what == "are missing" else 0
        if int(count or 0) > allowed:
            message = f"{count} of {rows} rows {what} in column {name!r}, where {allowed} are allowed"
            yield error("expectation", message, _REMEDY, name, int(count), int(rows))


def _terms(name: str, wanted: ColumnExpectation) -> dict[str, str]:
    """What is wrong with a row, and how many are."""
    column = quoted(name)
    terms = {}
    if wanted.minimum is not None:
        terms["are below the minimum"] = f"count(*) FILTER ({column}::DOUBLE < {wanted.minimum!r})"
    if wanted.maximum is not None:
        terms["are above the maximum"] = f"count(*) FILTER ({column}::DOUBLE > {wanted.maximum!r})"
    if wanted.categories is not None:
        known = ", ".join(map(literal, wanted.categories)) or "NULL"
        terms["have another category"] = f"count(*) FILTER ({column} IS NOT NULL AND {column} NOT IN ({known}))"
    if wanted.missing_share < 1:
        terms["are missing"] = f"count(*) - count({column})"
    if wanted.unique:
        terms["repeat a value"] = f"count({column}) - count(DISTINCT {column})"
    return terms
