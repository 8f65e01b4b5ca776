"""Columns on which nothing can be learned: empty, constant, mostly missing, another value in every row."""

from collections.abc import Iterator, Mapping

from slipway_ml.contract.signature import Kind
from slipway_training.config.model import TrainingConfig
from slipway_training.data.findings import Finding, drop_line, error, warning
from slipway_training.data.schema import OUTPUTS
from slipway_training.data.summary import ColumnSummary

_FREE_TEXT_SHARE = 0.9
_MINIMUM_ROWS = 20
_IDENTIFIER_ROWS = 100
_MISSING_SHARE = 0.5


def check_columns(columns: Mapping[str, ColumnSummary], config: TrainingConfig) -> Iterator[Finding]:
    """Findings on each column by itself."""
    has_own_inputs = any(column.kind is not Kind.NUMBER for column in columns.values())
    for name, column in columns.items():
        if has_own_inputs and name in OUTPUTS:
            yield error("name", f"column {name!r} has the name of one of the model's outputs", "rename it", name)
        is_prose = config.features.options(name).encode in {"text", "date"} or bool(config.features.options(name).steps)
        yield from _check(column, drop_line(config.data.drop, name), is_prose=is_prose)


def _check(column: ColumnSummary, drop: str, *, is_prose: bool) -> Iterator[Finding]:
    name, rows = column.name, column.rows
    if not column.present:
        yield error("empty", f"column {name!r} is missing in every row", drop, name, rows, rows)
        return
    if column.distinct == 1 and not column.missing:
        yield warning("constant", f"column {name!r} has the same value in every row", drop, name, rows, rows)
    elif column.missing > _MISSING_SHARE * rows:
        yield warning(
            "missing_share",
            f"column {name!r} is missing in {column.missing} of {rows} rows",
            f"find out why, or {drop}",
            name,
            column.missing,
            rows,
        )
    if _names_rows(column) and not is_prose:
        what = "text" if column.kind is Kind.CATEGORY else "whole number"
        say = error if column.kind is Kind.CATEGORY else warning
        message = f"column {name!r} has another {what} in nearly every row, so nothing can be learnt from it"
        yield say("identifier", message, drop, name, column.distinct, rows)


def _names_rows(column: ColumnSummary) -> bool:
    """Free text, and whole numbers without gaps or repetition, as a counter gives them."""
    if column.kind is Kind.CATEGORY:
        return column.distinct > _FREE_TEXT_SHARE * column.present and column.present > _MINIMUM_ROWS
    if column.minimum is None or column.maximum is None or column.present < _IDENTIFIER_ROWS:
        return False
    is_whole = column.whole == column.present
    return column.is_unique and is_whole and column.maximum - column.minimum < 2 * column.present
