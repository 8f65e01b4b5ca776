"""From columns of text to typed columns: which kind a column is, and its values in the conventions of Table.

A column where nearly every cell is a number is numeric, and the few other cells are errors with their line: that is
how a typing mistake looks. A column with fewer numbers is text.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.csv_format import KNOWN_MISSING, TRUTH, CsvFormat
from slipway_ml.contract.signature import Kind, Task
from slipway_training.errors import DataCheckFailed

_INTEGER = re.compile("[+-]?[0-9]+")
_NUMERIC_SHARE = 0.9
_PLAIN = CsvFormat()
_TRUE_OR_FALSE = {"true", "false"}

Line = Callable[[int], str]


def guess_kind(cells: Sequence[str], csv_format: CsvFormat = _PLAIN) -> Kind:
    """The kind of a column of text; a column without any value counts as text.

    Words that usually mean missing do not count: beside numbers they are errors with a line, not a reason to take
    numbers for text.
    """
    present = [cell for cell in cells if cell and cell not in KNOWN_MISSING]
    if not present:
        return Kind.CATEGORY
    if all(cell.lower() in _TRUE_OR_FALSE for cell in present):
        return Kind.BOOLEAN
    if all(_INTEGER.fullmatch(cell) and csv_format.integer(cell) is not None for cell in present):
        return Kind.INTEGER
    numbers = sum(csv_format.number(cell) is not None for cell in present)
    return Kind.NUMBER if numbers >= _NUMERIC_SHARE * len(present) else Kind.CATEGORY


def parse_column(
    name: str, cells: Sequence[str], kind: Kind, line: Line, csv_format: CsvFormat = _PLAIN
) -> NDArray[Any]:
    """The values of a column; raises DataCheckFailed naming the first cell that is not of its kind."""
    if kind is Kind.CATEGORY:
        return np.array(cells, dtype=object)
    parse: Callable[[str], float | None] = {
        Kind.NUMBER: csv_format.number,
        Kind.INTEGER: csv_format.integer,
        Kind.BOOLEAN: lambda cell: TRUTH.get(cell.lower()),
    }[kind]
    values = np.empty(len(cells), dtype=np.float64)
    for row, cell in enumerate(cells):
        value = parse(cell) if cell else np.nan
        if value is None:
            raise DataCheckFailed(f"{line(row)}, column {name!r}: {refusal(name, kind, cell, 'data.')}")
        values[row] = value
    return values


def refusal(name: str, kind: Kind, cell: str, section: str = "") -> str:
    """What is wrong with a cell and what to write, `section` before the keys; only words that we know are repeated."""
    if cell in KNOWN_MISSING:
        return f"{cell!r} is not {_ARTICLE[kind]}; write {section}missing = ['{cell}'] if it means missing"
    return (
        f"not {_ARTICLE[kind]}; correct the cell, or write {section}kinds = {{ {name!r} = 'category' }} "
        "if the column holds text"
    )


def parse_target(
    name: str, cells: Sequence[str], task: Task, line: Line, csv_format: CsvFormat = _PLAIN
) -> NDArray[Any]:
    """The target in the type of its labels: booleans, integers or text; numbers for regression."""
    for row, cell in enumerate(cells):
        if not cell:
            raise DataCheckFailed(f"{line(row)} has no value for the target {name!r}; fill it in or remove the row")
    kind = guess_kind(cells, csv_format)
    if task is Task.REGRESSION:
        return parse_column(name, cells, Kind.NUMBER, line, csv_format)
    if kind is Kind.BOOLEAN:
        return np.array(parse_column(name, cells, kind, line, csv_format) == 1.0, dtype=np.bool_)
    if kind is Kind.INTEGER:
        return parse_column(name, cells, kind, line, csv_format).astype(np.int64)
    if kind is Kind.NUMBER:
        values = parse_column(name, cells, Kind.NUMBER, line, csv_format)
        if np.array_equal(values, np.round(values)):
            return values.astype(np.int64)
        raise DataCheckFailed(f"the target {name!r} holds fractions, which are no classes; set task = 'regression'")
    return np.array(cells, dtype=object)


_ARTICLE = {Kind.NUMBER: "a number", Kind.INTEGER: "an integer", Kind.BOOLEAN: "true or false"}
